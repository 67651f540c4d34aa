/**
 * Reads the media playlists of any origin (RFC 8216bis §4.4). It takes what it finds, in whatever order: what is wrong with it is for
 * the rules to say, so nothing is refused and the lines themselves are kept as evidence.
 */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import { type Attributes, decimal, readAttributes } from './attribute-list.ts';
import { readVariables, substitute, type Variables } from './variables.ts';

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Some bytes at an address: all of them where there is no range. */
export interface Resource {
  /** Absolute. */
  readonly url: string;
  readonly range: ByteRange | null;
}

export interface PlaylistPart extends Resource {
  readonly index: number;
  /** NaN where it is missing. */
  readonly duration: Seconds;
  readonly independent: boolean;
  readonly gap: boolean;
  /** The line that lists it. */
  readonly line: string;
}

export interface PlaylistSegment {
  readonly msn: number;
  /** Null while only parts of it are listed. */
  readonly resource: Resource | null;
  /** EXTINF; null while only parts of it are listed. */
  readonly duration: Seconds | null;
  readonly parts: readonly PlaylistPart[];
  readonly gap: boolean;
  readonly discontinuity: boolean;
  readonly discontinuitySequence: number;
  readonly map: Resource | null;
  /** EXT-X-PROGRAM-DATE-TIME of this segment. */
  readonly date: Milliseconds | null;
  readonly encrypted: boolean;
  /** Its lines, in the order in which they stand. */
  readonly lines: readonly string[];
}

export interface PreloadHint {
  readonly type: string;
  readonly url: string;
  readonly start: number;
  readonly length: number | null;
  readonly line: string;
}

export interface RenditionReport {
  readonly url: string;
  readonly uri: string;
  readonly lastMsn: number | null;
  readonly lastPart: number | null;
  readonly line: string;
}

export interface MediaPlaylist {
  readonly kind: 'media';
  readonly url: string;
  readonly version: number;
  readonly targetDuration: Seconds | null;
  readonly partTarget: Seconds | null;
  readonly serverControl: Attributes | null;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly playlistType: string | null;
  readonly independentSegments: boolean;
  readonly endList: boolean;
  /** How many segments each EXT-X-SKIP stands for. */
  readonly skips: readonly number[];
  readonly segments: readonly PlaylistSegment[];
  readonly hints: readonly PreloadHint[];
  readonly reports: readonly RenditionReport[];
  /** The lines of the header, by tag name without `EXT-`. */
  readonly headers: ReadonlyMap<string, string>;
  /** URIs as they are written, variables not yet replaced. */
  readonly writtenUris: readonly string[];
}

const HEADER_TAGS = new Set([
  'X-VERSION',
  'X-TARGETDURATION',
  'X-PART-INF',
  'X-SERVER-CONTROL',
  'X-MEDIA-SEQUENCE',
  'X-DISCONTINUITY-SEQUENCE',
  'X-PLAYLIST-TYPE',
  'X-INDEPENDENT-SEGMENTS',
  'X-ENDLIST',
]);

interface Growing {
  parts: PlaylistPart[];
  gap: boolean;
  discontinuity: boolean;
  date: Milliseconds | null;
  duration: Seconds | null;
  rangeText: string | null;
  lines: string[];
}

const fresh = (): Growing => ({ parts: [], gap: false, discontinuity: false, date: null, duration: null, rangeText: null, lines: [] });

/** Reads one playlist. `url` is where it came from, redirects followed. */
export function readMediaPlaylist(text: string, url: string, imported?: Variables): MediaPlaylist {
  return new Reader(text, url, imported).read();
}

class Reader {
  readonly #lines: readonly string[];
  readonly #url: string;
  readonly #variables: Variables;
  readonly #headers = new Map<string, string>();
  readonly #segments: PlaylistSegment[] = [];
  readonly #hints: PreloadHint[] = [];
  readonly #reports: RenditionReport[] = [];
  readonly #skips: number[] = [];
  readonly #written: string[] = [];
  #next = fresh();
  #map: Resource | null = null;
  #encrypted = false;
  #discontinuities = 0;
  /** Where a range without an offset begins: behind the one before in the same resource; parts and segments count for themselves. */
  readonly #ends = { parts: new Map<string, number>(), segments: new Map<string, number>() };

  constructor(text: string, url: string, imported: Variables | undefined) {
    this.#lines = text.split(/\r?\n/).filter((line) => line !== '');
    this.#url = url;
    this.#variables = readVariables(this.#lines, url, imported);
  }

  read(): MediaPlaylist {
    for (const line of this.#lines) this.#line(line);
    if (this.#next.parts.length > 0) this.#close(null);
    const number = (tag: string, otherwise: number): number => {
      const value = Number.parseInt(this.#headers.get(tag)?.split(':')[1] ?? '', 10);
      return Number.isNaN(value) ? otherwise : value;
    };
    const partInf = this.#headers.get('X-PART-INF');
    const control = this.#headers.get('X-SERVER-CONTROL');
    const target = Number.parseFloat(this.#headers.get('X-TARGETDURATION')?.split(':')[1] ?? '');
    const mediaSequence = number('X-MEDIA-SEQUENCE', 0);
    const discontinuitySequence = number('X-DISCONTINUITY-SEQUENCE', 0);
    const skipped = this.#skips.reduce((sum, count) => sum + count, 0);
    return {
      kind: 'media',
      url: this.#url,
      version: number('X-VERSION', 1),
      targetDuration: Number.isNaN(target) ? null : target,
      partTarget: partInf === undefined ? null : decimal(readAttributes(partInf), 'PART-TARGET'),
      serverControl: control === undefined ? null : readAttributes(control.slice(control.indexOf(':') + 1)),
      mediaSequence,
      discontinuitySequence,
      playlistType: this.#headers.get('X-PLAYLIST-TYPE')?.split(':')[1]?.trim() ?? null,
      independentSegments: this.#headers.has('X-INDEPENDENT-SEGMENTS'),
      endList: this.#headers.has('X-ENDLIST'),
      skips: this.#skips,
      segments: this.#segments.map((segment, index) => ({
        ...segment,
        msn: mediaSequence + skipped + index,
        discontinuitySequence: discontinuitySequence + segment.discontinuitySequence,
      })),
      hints: this.#hints,
      reports: this.#reports,
      headers: this.#headers,
      writtenUris: this.#written,
    };
  }

  #line(line: string): void {
    const [, tag, , rest = ''] = /^#EXT-?([A-Z0-9-]+)(:(.*))?$/.exec(line) ?? [];
    if (tag === undefined) {
      if (!line.startsWith('#')) this.#close(line);
      return;
    }
    if (HEADER_TAGS.has(tag)) {
      if (!this.#headers.has(tag)) this.#headers.set(tag, line);
      return;
    }
    this.#tag(tag, rest, line);
  }

  #tag(tag: string, rest: string, line: string): void {
    const next = this.#next;
    switch (tag) {
      case 'INF':
        next.duration = Number.parseFloat(rest);
        break;
      case 'X-BYTERANGE':
        next.rangeText = rest;
        break;
      case 'X-GAP':
        next.gap = true;
        break;
      case 'X-DISCONTINUITY':
        next.discontinuity = true;
        break;
      case 'X-PROGRAM-DATE-TIME': {
        const date = Date.parse(rest.trim().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
        next.date = Number.isNaN(date) ? null : date;
        break;
      }
      case 'X-MAP':
        this.#map = this.#resource(readAttributes(rest));
        break;
      case 'X-KEY':
        this.#encrypted = readAttributes(rest).get('METHOD') !== 'NONE';
        break;
      case 'X-PART':
        this.#part(readAttributes(rest), line);
        break;
      case 'X-PRELOAD-HINT':
        this.#hint(readAttributes(rest), line);
        return;
      case 'X-RENDITION-REPORT':
        this.#report(readAttributes(rest), line);
        return;
      case 'X-SKIP':
        this.#skips.push(decimal(readAttributes(rest), 'SKIPPED-SEGMENTS') ?? 0);
        return;
      default:
        return;
    }
    next.lines.push(line);
  }

  #absolute(uri: string): string {
    this.#written.push(uri);
    const value = substitute(uri, this.#variables);
    return URL.canParse(value, this.#url) ? new URL(value, this.#url).href : value;
  }

  #resource(attributes: Attributes): Resource {
    const url = this.#absolute(attributes.get('URI') ?? '');
    return { url, range: this.#range(attributes.get('BYTERANGE') ?? null, url, this.#ends.parts) };
  }

  /** `<length>[@<offset>]`. */
  #range(text: string | null, url: string, ends: Map<string, number>): ByteRange | null {
    const [, length, offset] = /^(\d+)(?:@(\d+))?/.exec(text?.trim() ?? '') ?? [];
    if (length === undefined) return null;
    const range = { length: Number(length), offset: offset === undefined ? (ends.get(url) ?? 0) : Number(offset) };
    ends.set(url, range.offset + range.length);
    return range;
  }

  #part(attributes: Attributes, line: string): void {
    this.#next.parts.push({
      ...this.#resource(attributes),
      index: this.#next.parts.length,
      duration: decimal(attributes, 'DURATION') ?? Number.NaN,
      independent: attributes.get('INDEPENDENT') === 'YES',
      gap: attributes.get('GAP') === 'YES',
      line,
    });
  }

  #hint(attributes: Attributes, line: string): void {
    this.#hints.push({
      type: attributes.get('TYPE') ?? '',
      url: this.#absolute(attributes.get('URI') ?? ''),
      start: decimal(attributes, 'BYTERANGE-START') ?? 0,
      length: decimal(attributes, 'BYTERANGE-LENGTH'),
      line,
    });
  }

  #report(attributes: Attributes, line: string): void {
    const uri = attributes.get('URI') ?? '';
    const [lastMsn, lastPart] = [decimal(attributes, 'LAST-MSN'), decimal(attributes, 'LAST-PART')];
    this.#reports.push({ url: this.#absolute(uri), uri: substitute(uri, this.#variables), lastMsn, lastPart, line });
  }

  #close(uri: string | null): void {
    const { rangeText, lines, ...rest } = this.#next;
    if (rest.discontinuity) this.#discontinuities++;
    const url = uri === null ? null : this.#absolute(uri);
    this.#segments.push({
      ...rest,
      msn: 0,
      resource: url === null ? null : { url, range: this.#range(rangeText, url, this.#ends.segments) },
      discontinuitySequence: this.#discontinuities,
      map: this.#map,
      encrypted: this.#encrypted,
      lines: uri === null ? lines : [...lines, uri],
    });
    this.#next = fresh();
  }
}
