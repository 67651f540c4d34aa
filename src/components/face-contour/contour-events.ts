import type { Face } from '../../vision/face.ts';

/**
 * Detail of `rtc-faces`: `faces`, each with `id` (the same for as long as the face is followed), `box` (in shares of the picture's width and
 * height) and `landmarks` (478 points as x, y, z: x and y in the same shares, z in shares of the width); and `timestamp`, that of the picture
 * on the clock of `performance.now()`, in milliseconds.
 */
export interface RtcFacesDetail {
  readonly faces: readonly Face[];
  readonly timestamp: number;
}

/** `idle` (nothing to look at, or out of sight), `loading` (the model), `running` or `failed`. */
export type ContourState = 'idle' | 'loading' | 'running' | 'failed';
