import type { BitsPerSecond } from '../protocol/units.ts';

/** The picture that the camera gives. */
export interface CameraPicture {
  /** Pixels of the shorter side. */
  readonly lines: number;
  /** Frames a second. */
  readonly frameRate: number;
}

/** How the camera is encoded for one link. */
export interface CameraEncoding {
  readonly maxBitrate: BitsPerSecond;
  readonly scaleResolutionDownBy: number;
  /** Undefined: as many as the camera gives. */
  readonly maxFramerate: number | undefined;
}

interface Rung {
  readonly lines: number;
  /** From this bit rate on, so many lines look better than fewer. */
  readonly from: BitsPerSecond;
}

const RUNGS: readonly Rung[] = [
  { lines: 1080, from: 1_600_000 },
  { lines: 720, from: 1_000_000 },
  { lines: 540, from: 600_000 },
  { lines: 360, from: 350_000 },
  { lines: 270, from: 150_000 },
  { lines: 180, from: 0 },
];
const LOWEST = RUNGS.length - 1;
/** A rung is climbed when there is this much more than it needs: each change of resolution costs a key frame. */
const CLIMB = 1.15;
/** Below this motion is given up for sharpness. */
const FEWER_FRAMES: BitsPerSecond = 200_000;
const FEW_FRAMES: BitsPerSecond = 120_000;

/** Keeps resolution and frame rate of one link fitting to its bit rate. */
export class EncodingLadder {
  #rung: number | undefined;

  /**
   * @param bitrate what the picture is chosen for
   * @param relief rungs to stay below what the bit rate allows, for the processor's sake
   * @param maxBitrate where that is another
   */
  fit(bitrate: BitsPerSecond, picture: CameraPicture, relief: number, maxBitrate = bitrate): CameraEncoding {
    const allowed = this.#climb(bitrate);
    const source = RUNGS.findIndex(({ lines }) => lines <= picture.lines);
    // Counted from what the camera gives: staying below more than that relieves nobody.
    const rung = Math.min(LOWEST, relief === 0 ? allowed : Math.max(allowed, source === -1 ? LOWEST : source) + relief);
    const lines = RUNGS[rung]?.lines ?? picture.lines;
    return {
      maxBitrate: Math.round(maxBitrate),
      // A rung above the camera's own picture leaves it whole.
      scaleResolutionDownBy: rung === 0 ? 1 : Math.max(1, picture.lines / lines),
      maxFramerate: framesOf(bitrate, picture.frameRate),
    };
  }

  #climb(bitrate: BitsPerSecond): number {
    const reached = rungAt(bitrate);
    const before = this.#rung;
    // At once downwards, and where nothing was sent before.
    if (before === undefined || reached > before) this.#rung = reached;
    else if (reached < before) this.#rung = Math.min(before, rungAt(bitrate / CLIMB));
    return this.#rung ?? reached;
  }
}

function rungAt(bitrate: BitsPerSecond): number {
  const rung = RUNGS.findIndex(({ from }) => bitrate >= from);
  return rung === -1 ? LOWEST : rung;
}

function framesOf(bitrate: BitsPerSecond, camera: number): number | undefined {
  const frames = bitrate < FEW_FRAMES ? 15 : bitrate < FEWER_FRAMES ? 20 : Number.POSITIVE_INFINITY;
  return frames < camera ? frames : undefined;
}
