import type { Milliseconds } from '../protocol/units.ts';

/** A server that restarts, or a network that changes, is there again in a moment. */
const SOON: readonly Milliseconds[] = [10, 50, 100, 150, 200, 250, 500];
/** Then it is asked once a second for a minute: whoever is on air is waited for. */
const PROBE: Milliseconds = 1_000;
const PROBES = 60;
/** Broadcasters that a server has lost together do not come back together. */
const SPREAD = 0.25;
const LATER: Milliseconds = 5_000;

/**
 * When a way for media is sought again: sooner than one for signaling, since every second is one that viewers see nothing of.
 * @param random from 0 to 1
 */
export function mediaRetryDelay(failures: number, random: () => number = Math.random): Milliseconds {
  const soon = SOON[failures];
  if (soon !== undefined) return soon;
  const delay = failures < SOON.length + PROBES ? PROBE : LATER;
  return delay * (1 + SPREAD * (2 * random() - 1));
}
