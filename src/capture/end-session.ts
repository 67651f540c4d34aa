import type { Milliseconds } from '../protocol/units.ts';
import type { UplinkOptions } from './publisher-options.ts';
import type { UplinkEnvironment } from './uplink.ts';
import { openUplink } from './uplink-choice.ts';

/** Beside what saying it takes. */
const PATIENCE: Milliseconds = 1_200;

/**
 * Ends a session that nobody is connected to any more, by its publish key: else its viewers would wait for a broadcaster who has left on purpose.
 * Resolves when that is said, or cannot be. Never rejects.
 */
export async function endSession(options: UplinkOptions, environment: UplinkEnvironment): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { timers } = environment;
  const uplink = openUplink(
    // Nothing is sent of it: it spares the declaration of tracks.
    { ...options, container: 'matroska' },
    {
      joined: () => resolve(),
      dropped: () => resolve(),
      ended: () => resolve(),
      trouble: () => resolve(),
      keyFrameWanted: () => undefined, // there is no picture
      bitrateLimited: () => undefined,
      recording: () => undefined,
    },
    environment,
  );
  const timer = timers.setTimeout(resolve, PATIENCE);
  uplink.open(() => []);
  await promise;
  timers.clearTimeout(timer);
  await uplink.end();
}
