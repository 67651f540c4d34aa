/** H.264 out of FLV, the container in which ffmpeg lets go of a frame at once. Cut anywhere. */
import type { Milliseconds } from '../../../src/protocol/index.ts';

export type FlvEvent =
  | { readonly type: 'configuration'; readonly avcC: Uint8Array }
  | { readonly type: 'picture'; readonly time: Milliseconds; readonly key: boolean; readonly data: Uint8Array };

const FILE_HEADER = 9;
/** Size of the tag before, then type, size, time and stream of the next. */
const TAG_HEADER = 4 + 11;
const VIDEO_TAG = 9;
const AVC = 7;
const KEY_FRAME = 1;

export class FlvReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #begun = false;

  push(bytes: Uint8Array): FlvEvent[] {
    const all = new Uint8Array(this.#bytes.byteLength + bytes.byteLength);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.byteLength);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const events: FlvEvent[] = [];
    let offset = 0;
    if (!this.#begun && all.byteLength >= FILE_HEADER) {
      this.#begun = true;
      offset = FILE_HEADER;
    }
    while (this.#begun && offset + TAG_HEADER <= all.byteLength) {
      const size = (view.getUint8(offset + 5) << 16) | view.getUint16(offset + 6);
      const end = offset + TAG_HEADER + size;
      if (end > all.byteLength) break;
      // 24 bits and, behind them, the upper eight.
      const time = ((view.getUint8(offset + 11) << 24) | (view.getUint8(offset + 8) << 16) | view.getUint16(offset + 9)) >>> 0;
      const event = view.getUint8(offset + 4) === VIDEO_TAG ? read(all.slice(offset + TAG_HEADER, end), time) : null;
      if (event !== null) events.push(event);
      offset = end;
    }
    this.#bytes = all.slice(offset);
    return events;
  }
}

function read(body: Uint8Array, time: Milliseconds): FlvEvent | null {
  if (body.byteLength < 5 || ((body[0] ?? 0) & 15) !== AVC) return null;
  if (body[1] === 0) return { type: 'configuration', avcC: body.subarray(5) };
  return body[1] === 1 ? { type: 'picture', time, key: (body[0] ?? 0) >> 4 === KEY_FRAME, data: body.subarray(5) } : null;
}
