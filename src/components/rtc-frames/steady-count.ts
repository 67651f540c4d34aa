/** A face at the picture's edge comes and goes: what is said has held for so many answers. */
const STEADY_ANSWERS = 2;

/** When a number of faces is worth saying. */
export class SteadyCount {
  #count = 0;
  #answers = 0;
  #said = -1;

  /** With each answer: whether its count has held long enough, and is another than was said last. */
  holds(count: number): boolean {
    this.#answers = this.#count === count ? this.#answers + 1 : 1;
    this.#count = count;
    if (this.#answers < STEADY_ANSWERS || this.#said === count) return false;
    this.#said = count;
    return true;
  }
}
