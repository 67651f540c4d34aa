import { words } from './frames-words.ts';

/** A face at the picture's edge comes and goes: what is said has held for so many answers. */
const STEADY_ANSWERS = 2;

/** When a number of faces is worth saying to those who do not see them. */
export class SteadyCount {
  #count = 0;
  #answers = 0;
  #said = -1;

  /** With each answer: how many there are, in words, where that has held long enough and was not said last; else null. */
  toSay(count: number): string | null {
    this.#answers = this.#count === count ? this.#answers + 1 : 1;
    this.#count = count;
    if (this.#answers < STEADY_ANSWERS || this.#said === count) return null;
    this.#said = count;
    if (count === 0) return words('none');
    return count === 1 ? words('found-one') : words('found', { count });
  }
}
