/** What a room's slug and a stream's name look like: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`. Free of the validator. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME_PATTERN.test(value);
}
