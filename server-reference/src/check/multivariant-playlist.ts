/** Reads multivariant playlists (RFC 8216bis §4.4.6), and tells them from media playlists. */
import { type Attributes, readAttributes } from './attribute-list.ts';
import { readVariables, substitute, type Variables } from './variables.ts';

export interface Variant {
  /** Absolute. */
  readonly url: string;
  readonly attributes: Attributes;
  readonly line: string;
}

export interface Alternative {
  readonly type: string;
  readonly group: string;
  readonly name: string;
  /** Null where the media is in the variant itself. */
  readonly url: string | null;
  readonly line: string;
}

export interface MultivariantPlaylist {
  readonly kind: 'multivariant';
  readonly url: string;
  readonly variables: Variables;
  readonly variants: readonly Variant[];
  readonly alternatives: readonly Alternative[];
  readonly independentSegments: boolean;
  readonly version: number;
  readonly writtenUris: readonly string[];
}

/** True for a playlist that lists playlists. */
export const isMultivariant = (text: string): boolean => /^#EXT-X-STREAM-INF:/m.test(text);

/** True for anything that begins as a playlist must. */
export const isPlaylist = (text: string): boolean => /^\uFEFF?#EXTM3U/.test(text);

export function readMultivariantPlaylist(text: string, url: string): MultivariantPlaylist {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const variables = readVariables(lines, url);
  const variants: Variant[] = [];
  const alternatives: Alternative[] = [];
  const writtenUris: string[] = [];
  const absolute = (uri: string): string => {
    writtenUris.push(uri);
    const value = substitute(uri, variables);
    return URL.canParse(value, url) ? new URL(value, url).href : value;
  };
  let pending: { readonly attributes: Attributes; readonly line: string } | null = null;
  for (const line of lines) {
    const content = line.slice(line.indexOf(':') + 1);
    if (line.startsWith('#EXT-X-STREAM-INF:')) pending = { attributes: readAttributes(content), line };
    else if (line.startsWith('#EXT-X-MEDIA:')) {
      const attributes = readAttributes(content);
      const uri = attributes.get('URI');
      alternatives.push({
        type: attributes.get('TYPE') ?? '',
        group: attributes.get('GROUP-ID') ?? '',
        name: attributes.get('NAME') ?? '',
        url: uri === undefined ? null : absolute(uri),
        line,
      });
    } else if (!line.startsWith('#') && pending !== null) {
      variants.push({ url: absolute(line), ...pending });
      pending = null;
    }
  }
  const version = Number(/^#EXT-X-VERSION:(\d+)/m.exec(text)?.[1] ?? 1);
  const independentSegments = lines.includes('#EXT-X-INDEPENDENT-SEGMENTS');
  return { kind: 'multivariant', url, variables, variants, alternatives, independentSegments, version, writtenUris };
}
