import { LIMITS } from '../../../src/protocol/index.ts';

/** How two names compare: people see no difference between "Ana" and "ana " or between two encodings of "José". */
export const nameKey = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

/** The name, or with the first free number behind it: a second "Ana" becomes "Ana 2". No name stays no name. */
export function uniqueName(wanted: string, taken: Iterable<string>): string {
  const keys = new Set([...taken].map(nameKey));
  return freeName(wanted, (key) => keys.has(key));
}

/** The same by name key, for crowds whose names are not gone through at each arrival. */
export function freeName(wanted: string, isTaken: (key: string) => boolean): string {
  if (wanted === '') return '';
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : ` ${number}`;
    const name = `${[...wanted]
      .slice(0, LIMITS.name - suffix.length)
      .join('')
      .trim()}${suffix}`;
    if (!isTaken(nameKey(name))) return name;
  }
}
