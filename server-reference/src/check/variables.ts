/** Variables of playlists (RFC 8216bis §4.3 and §4.4.2.3): EXT-X-DEFINE, and `{$NAME}` where a value is used. */
import { readAttributes } from './attribute-list.ts';

export type Variables = ReadonlyMap<string, string>;

const NONE: Variables = new Map();

/**
 * What a playlist defines.
 *
 * @param url the playlist's own address, whose query QUERYPARAM reads
 * @param imported the variables of the multivariant playlist, for IMPORT
 */
export function readVariables(lines: readonly string[], url: string, imported: Variables = NONE): Variables {
  const variables = new Map<string, string>();
  const query = new URL(url).searchParams;
  for (const line of lines) {
    if (!line.startsWith('#EXT-X-DEFINE:')) continue;
    const attributes = readAttributes(line.slice('#EXT-X-DEFINE:'.length));
    const name = attributes.get('NAME');
    const parameter = attributes.get('QUERYPARAM');
    const outer = attributes.get('IMPORT');
    if (name !== undefined) variables.set(name, attributes.get('VALUE') ?? '');
    else if (parameter !== undefined) variables.set(parameter, query.get(parameter) ?? '');
    else if (outer !== undefined) variables.set(outer, imported.get(outer) ?? '');
  }
  return variables;
}

/** Puts values where `{$NAME}` stands; what is not defined stays as it is. */
export function substitute(text: string, variables: Variables): string {
  return text.replaceAll(/\{\$([A-Za-z0-9_-]+)\}/g, (reference, name: string) => variables.get(name) ?? reference);
}
