/** Hands the sound that runs through it to the page, in blocks of about 10 ms. Out: `{start, channels}`. */
import type { CapturedBlock } from './sound-worklet-feed.ts';

/** The scope's own names: TypeScript has no library for it. */
declare const currentFrame: number;
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort };
declare function registerProcessor(name: string, processor: new () => object): void;

/** Four of the 128 frames that come at a time. */
const BLOCK = 512;

class SoundCapture extends AudioWorkletProcessor {
  #channels: Float32Array<ArrayBuffer>[] = [];
  #filled = 0;
  #start = 0;

  process([input = []]: Float32Array[][]): boolean {
    // An input without a connection has no channels, and a muted microphone none that say so: both are silence.
    const count = Math.max(1, input.length);
    if (this.#channels.length !== count) {
      this.#channels = Array.from({ length: count }, () => new Float32Array(BLOCK));
      this.#filled = 0;
    }
    if (this.#filled === 0) this.#start = currentFrame;
    const length = input[0]?.length ?? 128;
    this.#channels.forEach((channel, index) => {
      const samples = input[index];
      if (samples === undefined) channel.fill(0, this.#filled, this.#filled + length);
      else channel.set(samples, this.#filled);
    });
    this.#filled += length;
    if (this.#filled >= BLOCK) this.#hand();
    return true;
  }

  #hand(): void {
    const block: CapturedBlock = { start: this.#start, channels: this.#channels };
    this.port.postMessage(
      block,
      this.#channels.map((channel) => channel.buffer),
    );
    this.#channels = [];
    this.#filled = 0;
  }
}

registerProcessor('glasscast-sound-capture', SoundCapture);
