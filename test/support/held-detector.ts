/** The test's end of `held-detector.js`. */
import { fileURLToPath } from 'node:url';

export const HELD_DETECTOR = fileURLToPath(new URL('./held-detector.js', import.meta.url));

export class HeldDetector implements Disposable {
  readonly #channel = new BroadcastChannel('held-detector');
  #begun = 0;
  #wake: () => void = () => undefined;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent) => {
      if (data === 'begun') this.#begun++;
      this.#wake();
    };
  }

  /** Resolves once it has been given so many pictures. */
  async begun(pictures: number): Promise<void> {
    while (this.#begun < pictures) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Answers the pictures that are being looked at. */
  answer(): void {
    this.#channel.postMessage('answer');
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}
