/**
 * The order in which frames came, kept while pictures are away to be drawn on: sound waits for the pictures that came before it. Behind the sound there
 * would be no room for them any more, and times that are guessed from arrivals would part the two.
 */
import type { Milliseconds, Ticks } from '../../../../src/protocol/index.ts';
import type { SourceFrame } from '../../hub/epoch.ts';

/** Sound waits no longer than this for a picture that does not come back. */
const PATIENCE: Milliseconds = 1_000;

type Place = { readonly sound: SourceFrame; readonly at: Milliseconds } | { readonly sound: null; readonly dts: Ticks };

export class FrameLine {
  readonly #pass: (frame: SourceFrame) => void;
  #places: Place[] = [];

  constructor(pass: (frame: SourceFrame) => void) {
    this.#pass = pass;
  }

  sound(frame: SourceFrame, now: Milliseconds): void {
    this.#places.push({ sound: frame, at: now });
    const late = this.#places.findLastIndex((place) => place.sound !== null && now - place.at > PATIENCE);
    for (const { sound } of this.#places.splice(0, late + 1)) if (sound !== null) this.#pass(sound);
    this.#release();
  }

  /** A picture of this decode time is away. */
  away(dts: Ticks): void {
    this.#places.push({ sound: null, dts });
  }

  /** It is back. Those before it that are still away will not come. */
  back(frame: SourceFrame): void {
    const own = this.#places.findLastIndex((place) => place.sound === null && place.dts <= frame.dts);
    for (const { sound } of this.#places.splice(0, own + 1)) if (sound !== null) this.#pass(sound);
    this.#pass(frame);
    this.#release();
  }

  /** None of those that are away will come. */
  lost(): void {
    this.#places = this.#places.filter(({ sound }) => sound !== null);
    this.#release();
  }

  clear(): void {
    this.#places = [];
  }

  #release(): void {
    for (let first = this.#places[0]; first !== undefined && first.sound !== null; first = this.#places[0]) {
      this.#places.shift();
      this.#pass(first.sound);
    }
  }
}
