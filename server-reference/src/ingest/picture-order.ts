/**
 * Decode times for pictures of which only the times to be shown are known, as Matroska has it. Pictures come in the order in which they are
 * decoded; where up to N of them are shown later than one that follows, the decode time of each is the N-th but last of the times seen so far:
 * no picture is then decoded after it is shown, and none waits.
 */
import { BitstreamError } from './h264.ts';

export interface OrderedPicture<T> {
  readonly decode: number;
  readonly time: number;
  readonly picture: T;
}

/** A jump of this many frames is another time, not another order. */
const JUMP = 60;
/** Assumed of a frame while nothing tells, in microseconds. */
const USUAL_FRAME = 33_333;

export class PictureOrder<T> {
  /** Pictures that may be shown later than one that is decoded after them; null where the bitstream does not say. */
  readonly #depth: number | null;
  /** Times that no picture is decoded at yet, the smallest first. */
  #times: number[] = [];
  /** The first pictures wait until their times tell how far apart they are. */
  #first: { time: number; picture: T }[] | null = [];
  #last: number | null = null;

  constructor(depth: number | null) {
    this.#depth = depth;
  }

  /** The pictures whose decode time is now known, in order. Times are microseconds. */
  push(time: number, picture: T): OrderedPicture<T>[] {
    const last = this.#last;
    if (this.#depth === null || this.#depth === 0) {
      if (this.#depth === null && last !== null && time < last && last - time < JUMP * USUAL_FRAME)
        throw new BitstreamError('the pictures are reordered, and their parameter sets do not say how far: record without B-frames');
      this.#last = time;
      return [{ decode: time, time, picture }];
    }
    if (last !== null && Math.abs(time - last) > JUMP * USUAL_FRAME) {
      this.#times = [];
      this.#first = [];
    }
    this.#last = time;
    if (this.#first === null) {
      this.#insert(time);
      return [{ decode: this.#times.shift() ?? time, time, picture }];
    }
    this.#first.push({ time, picture });
    return this.#first.length <= this.#depth ? [] : this.#begin(this.#depth, this.#first);
  }

  /** The first of them are decoded ahead of the first time there is, by as many frames as may be reordered. */
  #begin(depth: number, first: readonly { time: number; picture: T }[]): OrderedPicture<T>[] {
    this.#first = null;
    const sorted = first.map(({ time }) => time).sort((a, b) => a - b);
    const [smallest = 0] = sorted;
    const frame = ((sorted.at(-1) ?? smallest) - smallest) / Math.max(1, sorted.length - 1);
    const ahead = Array.from({ length: depth }, (_, index) => Math.round(smallest - (depth - index) * frame));
    this.#times = [...ahead, ...sorted];
    return first.map(({ time, picture }) => ({ decode: this.#times.shift() ?? time, time, picture }));
  }

  #insert(time: number): void {
    const at = this.#times.findIndex((held) => held > time);
    this.#times.splice(at < 0 ? this.#times.length : at, 0, time);
  }
}
