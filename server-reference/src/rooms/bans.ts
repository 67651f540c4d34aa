import { LIMITS, type Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';

/** Beyond this many, the one that would end first ends. */
const MOST = 10_000;

/** What somebody is known by over several joins. */
export interface Person {
  /** The token's subject; with it, the rest does not matter. */
  readonly sub: string | null;
  /** What the page says; any other page may say the same. */
  readonly userId: string | null;
  readonly address: string;
}

/** Whether two peers are surely of one person. Without a token and a user id, people behind one address cannot be told apart. */
export function isSamePerson(a: Person, b: Person): boolean {
  if (a.sub !== null || b.sub !== null) return a.sub === b.sub;
  return a.userId !== null && a.userId === b.userId && a.address === b.address;
}

/** Who was kicked out of which room within {@link LIMITS.banMs}. In memory: it ends with the server, and with nothing else. */
export class Bans {
  readonly #clock: Clock;
  /** When each ends; all last equally long, so that the first ends first. */
  readonly #ends = new Map<string, Milliseconds>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#ends.size;
  }

  add(slug: string, person: Person): void {
    const now = this.#clock.now();
    const key = keyOf(slug, person);
    this.#ends.delete(key);
    for (const [old, end] of this.#ends) {
      if (end > now && this.#ends.size < MOST) break;
      this.#ends.delete(old);
    }
    this.#ends.set(key, now + LIMITS.banMs);
  }

  has(slug: string, person: Person): boolean {
    return (this.#ends.get(keyOf(slug, person)) ?? 0) > this.#clock.now();
  }
}

const keyOf = (slug: string, { sub, userId, address }: Person): string =>
  JSON.stringify(sub === null ? [slug, address, userId] : [slug, sub]);
