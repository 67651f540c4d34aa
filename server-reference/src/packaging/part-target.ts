/**
 * PART-TARGET of a session, from the frame durations of its tracks. It is frozen for the session (rule 5), so it is chosen such that
 * whole frames of every track fit between 85 % and 100 % of it (rule 3), with room for the slewing of the timeline.
 */
import type { Seconds } from '../../../src/protocol/index.ts';

/** How much longer PART-TARGET is than the nominal part. */
export const PART_HEADROOM = 1.1;
/** RFC 8216bis §4.4.4.9: a part lasts at least 85 % of PART-TARGET, with named exceptions. */
export const SHORTEST_PART = 0.85;

export interface PartTiming {
  /** What parts last when the frame rate is steady. */
  readonly nominal: Seconds;
  /** PART-TARGET, in whole 10 µs, as playlists print it. */
  readonly target: Seconds;
}

/** True where a whole number of frames lasts between 85 % and 100 % of the target. */
export function fits(frame: Seconds, target: Seconds): boolean {
  return Math.floor(target / frame + 1e-9) * frame >= SHORTEST_PART * target - 1e-9;
}

/**
 * @param leading frame duration of the track that drives segmentation
 * @param others frame durations of the other tracks
 * @param desired the configured part duration
 */
export function choosePartTiming(leading: Seconds, others: readonly Seconds[], desired: Seconds): PartTiming {
  const timing = (frames: number): PartTiming => {
    const nominal = frames * leading;
    return { nominal, target: Math.ceil(nominal * PART_HEADROOM * 1e5 - 1e-6) / 1e5 };
  };
  const ideal = Math.max(1, Math.round(desired / leading));
  // The nearest count that suits every track; long audio packets may need a longer part than was asked for.
  for (let distance = 0; distance <= ideal + 8; distance++) {
    for (const frames of [ideal + distance, ideal - distance]) {
      if (frames < 1) continue;
      const candidate = timing(frames);
      if (others.every((frame) => fits(frame, candidate.target))) return candidate;
    }
  }
  return timing(ideal);
}
