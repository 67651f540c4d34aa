/** How much may be transcoded at once. Pictures take a whole slot, sound a small part of one. */
export const PICTURES = 1;
export const SOUND = 1 / 8;

export class Slots {
  readonly most: number;
  #taken = 0;

  constructor(most: number) {
    this.most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes so much until the returned function is called; null where that is not left. */
  take(share: number): (() => void) | null {
    if (this.#taken + share > this.most + 1e-9) return null;
    this.#taken += share;
    let held = true;
    return () => {
      if (held) this.#taken -= share;
      held = false;
    };
  }
}
