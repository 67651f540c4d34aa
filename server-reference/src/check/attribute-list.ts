/** Attribute lists of HLS tags (RFC 8216bis §4.2): `NAME=value,NAME="quoted, value"`. */

export type Attributes = ReadonlyMap<string, string>;

/** Quotation marks are taken off. What is no attribute is passed over: a reader of foreign playlists is not their validator. */
export function readAttributes(list: string): Attributes {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, bare] of list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)) {
    if (!found.has(name)) found.set(name, quoted ?? bare?.trim() ?? '');
  }
  return found;
}

/** A decimal attribute; null where it is missing or no number. */
export function decimal(attributes: Attributes | null, name: string): number | null {
  const value = attributes?.get(name);
  if (value === undefined || !/^-?\d+(?:\.\d+)?$/.test(value)) return null;
  return Number(value);
}
