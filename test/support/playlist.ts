/** Reads HLS playlists for tests: strict about what the rules speak of, silent about the rest. */

export interface ListedPart {
  readonly duration: number;
  readonly uri: string;
  readonly independent: boolean;
  readonly gap: boolean;
}

export interface ListedSegment {
  readonly msn: number;
  /** Null while it grows. */
  readonly duration: number | null;
  readonly uri: string | null;
  readonly parts: readonly ListedPart[];
  readonly gap: boolean;
  readonly discontinuity: boolean;
  /** The init section that applies. */
  readonly map: string | null;
  /** Milliseconds. */
  readonly date: number | null;
  /** Tags in the order in which they stand. */
  readonly tags: readonly string[];
}

export interface MediaPlaylist {
  readonly text: string;
  readonly version: number;
  readonly targetDuration: number;
  readonly partTarget: number | null;
  readonly serverControl: Readonly<Record<string, string>>;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly independentSegments: boolean;
  readonly segments: readonly ListedSegment[];
  readonly hints: readonly Readonly<Record<string, string>>[];
  readonly reports: readonly Readonly<Record<string, string>>[];
  readonly ended: boolean;
}

export function attributes(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', quoted, bare] of list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)) found[name] = quoted ?? bare ?? '';
  return found;
}

interface Growing {
  parts: ListedPart[];
  gap: boolean;
  discontinuity: boolean;
  date: number | null;
  duration: number | null;
  tags: string[];
}

const fresh = (): Growing => ({ parts: [], gap: false, discontinuity: false, date: null, duration: null, tags: [] });

export function parseMediaPlaylist(text: string): MediaPlaylist {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines[0] !== '#EXTM3U') throw new Error(`not a playlist: ${text.slice(0, 200)}`);
  const header = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`#EXT-X-${name}:`))?.slice(`#EXT-X-${name}:`.length);
  const segments: ListedSegment[] = [];
  const hints: Record<string, string>[] = [];
  const reports: Record<string, string>[] = [];
  const mediaSequence = Number(header('MEDIA-SEQUENCE') ?? 0);
  let map: string | null = null;
  let next = fresh();
  const close = (uri: string | null): void => {
    segments.push({ ...next, map, uri, msn: mediaSequence + segments.length });
    next = fresh();
  };
  for (const line of lines) {
    const [, tag = '', value = ''] = /^#(EXT[A-Z0-9-]*):?(.*)$/.exec(line) ?? [];
    if (['EXT-X-PART', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-DISCONTINUITY', 'EXT-X-GAP', 'EXTINF'].includes(tag))
      next.tags.push(tag);
    if (tag === '') close(line);
    else if (tag === 'EXT-X-MAP') map = attributes(value)['URI'] ?? null;
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') next.date = Date.parse(value);
    else if (tag === 'EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (tag === 'EXT-X-GAP') next.gap = true;
    else if (tag === 'EXTINF') next.duration = Number.parseFloat(value);
    else if (tag === 'EXT-X-PRELOAD-HINT') hints.push(attributes(value));
    else if (tag === 'EXT-X-RENDITION-REPORT') reports.push(attributes(value));
    else if (tag === 'EXT-X-PART') {
      const { DURATION, URI = '', INDEPENDENT, GAP } = attributes(value);
      next.parts.push({ duration: Number(DURATION), uri: URI, independent: INDEPENDENT === 'YES', gap: GAP === 'YES' });
    }
  }
  if (next.parts.length > 0) close(null);
  const partInf = header('PART-INF');
  return {
    text,
    version: Number(header('VERSION') ?? 1),
    targetDuration: Number(header('TARGETDURATION')),
    partTarget: partInf === undefined ? null : Number(attributes(partInf)['PART-TARGET']),
    serverControl: attributes(header('SERVER-CONTROL') ?? ''),
    mediaSequence,
    discontinuitySequence: Number(header('DISCONTINUITY-SEQUENCE') ?? 0),
    independentSegments: lines.includes('#EXT-X-INDEPENDENT-SEGMENTS'),
    segments,
    hints,
    reports,
    ended: lines.includes('#EXT-X-ENDLIST'),
  };
}
