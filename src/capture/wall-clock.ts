import type { Milliseconds } from '../protocol/units.ts';

/** Unix time in milliseconds that never steps back and is finer than a millisecond; the same in a page and its workers. */
export const wallClock = (): Milliseconds => performance.timeOrigin + performance.now();
