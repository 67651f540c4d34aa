/** Whether the GPU is the faster one here, by trying it. */
import type { Milliseconds } from '../../protocol/units.ts';
import type { Delegate } from './messages.ts';

/** What is tried: it looks at the same picture again and again. */
export interface Candidate {
  readonly delegate: Delegate;
  /** One detection, waited for. */
  detect(): void;
  close(): void;
}

export interface DelegateTrial {
  now(): Milliseconds;
  /** Null where it cannot be had. */
  make(delegate: Delegate): Promise<Candidate | null>;
}

/** The first ones compile shaders and fill caches. */
const WARM_UP = 2;
const TIMED = 5;
/** A GPU that is this many times slower once warm will not catch up. */
const HOPELESS = 3;
/** The GPU is somebody else's too, and its times jump: it has to be clearly faster. */
const CLEARLY = 0.8;

export interface DelegateVerdict {
  readonly delegate: Delegate;
  /** The median of a warm detection by the one that was chosen. */
  readonly took: Milliseconds;
}

/**
 * Tries the CPU, then the GPU. What is tried is closed again.
 * @returns null where neither runs
 */
export async function chooseDelegate(trial: DelegateTrial): Promise<DelegateVerdict | null> {
  const cpu = await tryOut(trial, 'CPU', Number.POSITIVE_INFINITY);
  const gpu = await tryOut(trial, 'GPU', cpu === null ? Number.POSITIVE_INFINITY : cpu * HOPELESS);
  if (gpu !== null && (cpu === null || gpu < cpu * CLEARLY)) return { delegate: 'GPU', took: gpu };
  return cpu === null ? null : { delegate: 'CPU', took: cpu };
}

/** The median of some warm detections, or null where there are none or one took longer than `limit`. */
async function tryOut(trial: DelegateTrial, delegate: Delegate, limit: Milliseconds): Promise<Milliseconds | null> {
  const candidate = await trial.make(delegate);
  if (candidate === null) return null;
  try {
    for (let index = 0; index < WARM_UP; index += 1) candidate.detect();
    const times: Milliseconds[] = [];
    for (let index = 0; index < TIMED; index += 1) {
      const begun = trial.now();
      candidate.detect();
      const took = trial.now() - begun;
      if (took > limit) return null;
      times.push(took);
    }
    return times.sort((one, other) => one - other)[TIMED >> 1] ?? null;
  } catch {
    return null;
  } finally {
    candidate.close();
  }
}
