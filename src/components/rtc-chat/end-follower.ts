import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** How far from the end still counts as the end, in pixels: fractions of them, and a last line half seen. */
const SLACK = 24;

/** Keeps a scrolled box at its end, unless the reader has scrolled away from it. */
export class EndFollower implements ReactiveController {
  readonly #box: () => HTMLElement | null;
  readonly #reached: () => void;
  readonly #sizes = new ResizeObserver(() => this.#resized());
  #observed: HTMLElement | null = null;
  #height = 0;
  #follows = true;

  /** @param reached called when the reader has come to the end */
  constructor(host: ReactiveControllerHost, box: () => HTMLElement | null, reached: () => void) {
    this.#box = box;
    this.#reached = reached;
    host.addController(this);
  }

  get follows(): boolean {
    return this.#follows;
  }

  hostConnected(): void {
    this.#observe();
  }

  hostUpdated(): void {
    this.#observe();
  }

  hostDisconnected(): void {
    this.#sizes.disconnect();
    this.#observed = null;
  }

  /** The reader, or the box itself, has scrolled. */
  scrolled(): void {
    const box = this.#box();
    // A box that is not shown says nothing about its reader.
    if (box === null || box.clientHeight === 0) return;
    this.#follows = box.scrollHeight - box.scrollTop - box.clientHeight <= SLACK;
    if (this.#follows) this.#reached();
  }

  toEnd(): void {
    this.#follows = true;
    this.settle();
  }

  settle(): void {
    const box = this.#box();
    if (box === null) return;
    this.#height = box.clientHeight;
    if (this.#follows) box.scrollTop = box.scrollHeight;
  }

  #observe(): void {
    const box = this.#box();
    if (box !== null && box !== this.#observed) {
      this.#observed = box;
      this.#sizes.observe(box);
    }
    this.settle();
  }

  #resized(): void {
    // An observer also calls when it begins to observe: the reader may have scrolled before that.
    if (this.#box()?.clientHeight !== this.#height) this.settle();
  }
}
