/** What pages give as options may be anything; what makes no sense falls back. */

/** A number within its limits, or the usual one for what is no number. Words of a number count: attributes have nothing else. */
export function readNumber(value: unknown, least: number, most: number, usual: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return usual;
  return Math.min(most, Math.max(least, number));
}

/** Words for a colour, which the canvas judges; null for none. */
export const readColor = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null);

/** One of some words, or the usual one. */
export function readWord<T extends string>(value: unknown, words: readonly T[], usual: T): T {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return words.find((known) => known === word) ?? usual;
}
