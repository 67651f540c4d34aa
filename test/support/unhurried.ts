/**
 * What takes place in real time, with client and server in this process, fails where a busy machine withholds time from it: then it is done again, three
 * times in all. What fails while nothing was withheld has failed.
 */
import { Stopwatch } from './stopwatch.ts';

const WITHHELD_MS = 500;
const TURNS = 3;

export async function unhurried<T>(attempt: () => Promise<T>, isGood: (seen: T) => boolean): Promise<T> {
  for (let turn = 1; ; turn++) {
    using watch = new Stopwatch();
    const seen = await attempt();
    if (turn === TURNS || isGood(seen) || watch.late < WITHHELD_MS) return seen;
  }
}
