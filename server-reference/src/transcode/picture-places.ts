/**
 * Which place on the session's timeline a copy takes. Copies come in the order in which pictures are shown and bear the time of theirs. Without
 * B-frames each takes the place of its picture. With them, the first that is shown takes the decode time of the first that was decoded, and so on
 * from each key frame: nothing that is decoded after a key frame is shown before it.
 */
import type { Milliseconds, Ticks } from '../../../src/protocol/index.ts';
import type { Frame } from '../hub/media.ts';

/** Pictures whose copies may still come; ffmpeg holds back a handful. */
const MOST_UNDER_WAY = 600;
/** Decode times are this much earlier, so that no picture is shown before it is decoded, however its camera jitters. */
const AHEAD: Milliseconds = 900;

export type Place = Pick<Frame, 'dts' | 'cts' | 'duration'>;
type Picture = Place & Pick<Frame, 'key'>;

interface Sent extends Picture {
  readonly index: number;
}

/** The times that a picture is handed to ffmpeg with. */
export interface SentTimes {
  readonly time: Milliseconds;
  readonly composition: Milliseconds;
}

export class PicturePlaces {
  readonly #timescale: number;
  readonly #reorders: boolean;
  /** By the time that their copies bear, in the order in which they were decoded. */
  readonly #sent = new Map<Milliseconds, Sent>();
  readonly #decoded = new Map<number, Place>();
  /** Of each rung, the number of the picture whose decode time was taken last. */
  readonly #taken = new Map<string, number>();
  #count = 0;
  #last: Milliseconds = 0;

  constructor(timescale: number, reorders: boolean) {
    this.#timescale = timescale;
    this.#reorders = reorders;
  }

  send({ dts, cts, duration, key }: Picture): SentTimes {
    const index = this.#count++;
    // Without B-frames the grid rather than the true times: they rise by a millisecond at least, and none is like another.
    let shown = this.#reorders ? this.#milliseconds(dts + cts) : Math.max(this.#milliseconds(dts), this.#last + 1);
    while (this.#sent.has(shown)) shown++;
    this.#last = shown;
    this.#sent.set(shown, { dts, cts, duration, key, index });
    this.#decoded.set(index, { dts, cts, duration });
    for (const [oldest, picture] of this.#sent) {
      if (this.#sent.size <= MOST_UNDER_WAY) break;
      this.#sent.delete(oldest);
      this.#decoded.delete(picture.index);
    }
    const time = this.#reorders ? Math.max(0, this.#milliseconds(dts) - AHEAD) : shown;
    return { time, composition: shown - time };
  }

  /** Where the copy of a rung that bears this time belongs; null where nothing like it was sent. */
  take(rung: string, time: Milliseconds): Place | null {
    const picture = this.#sent.get(time);
    if (picture === undefined) return null;
    if (!this.#reorders) return picture;
    const index = picture.key ? picture.index : (this.#taken.get(rung) ?? picture.index - 1) + 1;
    this.#taken.set(rung, index);
    const place = this.#decoded.get(index);
    if (place === undefined) return null;
    return { dts: place.dts, cts: picture.dts + picture.cts - place.dts, duration: place.duration };
  }

  #milliseconds(ticks: Ticks): Milliseconds {
    return Math.round((ticks * 1000) / this.#timescale);
  }
}
