/** AAC out of ADTS (ISO/IEC 13818-7 §6.2), cut anywhere. */
import { BitstreamError } from '../ingest/h264.ts';

const HEADER = 7;
const CHECKED_HEADER = 9;

export class AdtsReader {
  #bytes: Uint8Array = new Uint8Array(0);

  /** Frames without their headers. Throws {@link BitstreamError}. */
  push(bytes: Uint8Array): Uint8Array[] {
    const all = Buffer.concat([this.#bytes, bytes]);
    const frames: Uint8Array[] = [];
    let offset = 0;
    while (offset + HEADER <= all.byteLength) {
      const sync = all.readUInt16BE(offset);
      if ((sync & 0xfff6) !== 0xfff0) throw new BitstreamError('what should be ADTS is not');
      const length = (all.readUIntBE(offset + 3, 3) >> 5) & 0x1fff;
      const header = (sync & 1) === 1 ? HEADER : CHECKED_HEADER;
      if (length < header) throw new BitstreamError('an ADTS frame is shorter than its header');
      if (offset + length > all.byteLength) break;
      frames.push(all.subarray(offset + header, offset + length));
      offset += length;
    }
    this.#bytes = all.subarray(offset);
    return frames;
  }
}
