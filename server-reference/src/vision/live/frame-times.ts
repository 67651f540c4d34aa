/** Times of raw pictures, which have none themselves: ffmpeg's `framecrc` writes a line for each, "stream, dts, pts, duration, size, checksum". */
import type { Milliseconds } from '../../../../src/protocol/index.ts';

export class FrameTimes {
  #line = '';

  push(bytes: Uint8Array): Milliseconds[] {
    const lines = (this.#line + Buffer.from(bytes).toString('latin1')).split('\n');
    this.#line = lines.pop() ?? '';
    return lines.flatMap((line) => {
      const [, , time] = line.split(',');
      return line.startsWith('#') || time === undefined ? [] : [Number(time)];
    });
  }
}
