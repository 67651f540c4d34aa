/** What of a resource a request wants (RFC 9110 §14). */
import { Problem } from '../problem.ts';

export interface ByteRange {
  readonly start: number;
  /** The last byte, included. */
  readonly end: number;
}

/**
 * Null where all of it is wanted: also for several ranges at once, and for what is no range of bytes. Throws a {@link Problem} for one
 * that begins behind the end.
 */
export function byteRange(header: string | undefined, length: number): ByteRange | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  if (first !== '' && last !== '' && Number(last) < start) return null;
  if (start >= length || end < start) {
    throw new Problem(416, 'range', `There are ${length} bytes.`, { headers: { 'content-range': `bytes */${length}` } });
  }
  return { start, end };
}
