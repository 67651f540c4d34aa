/** Encoded silence, which stands in for sound frames that never came, so that the samples behind them keep their time. */
import type { Ticks } from '../../../src/protocol/index.ts';
import type { TrackConfig } from './media.ts';

export interface SilentFrame {
  readonly length: Ticks;
  readonly data: Uint8Array;
}

/** RFC 6716 §3.1: CELT, full band, mono, one frame; the configurations 31 to 28 last 20, 10, 5 and 2.5 ms. */
const OPUS_SILENCE: readonly SilentFrame[] = [
  { length: 960, data: Uint8Array.of(0xf8, 0xff, 0xfe) },
  { length: 480, data: Uint8Array.of(0xf0, 0xff, 0xfe) },
  { length: 240, data: Uint8Array.of(0xe8, 0xff, 0xfe) },
  { length: 120, data: Uint8Array.of(0xe0, 0xff, 0xfe) },
];

/** A raw data block of AAC-LC with nothing in it, by number of channels (ISO/IEC 14496-3 §4.4.2.1). */
const AAC_SILENCE: ReadonlyMap<number, Uint8Array> = new Map([
  [1, Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80)],
  [2, Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80)],
]);

/** Frames that last about `missing` ticks together; none where this codec's silence is not known. */
export function silence(config: TrackConfig, missing: Ticks): SilentFrame[] {
  const frames: SilentFrame[] = [];
  if (config.family === 'opus') {
    let left = missing;
    for (const frame of OPUS_SILENCE) {
      for (; left >= frame.length; left -= frame.length) frames.push(frame);
    }
  } else if (config.family === 'aac') {
    const data = AAC_SILENCE.get(config.channels);
    if (data === undefined) return [];
    for (let left = missing; left >= 512; left -= 1024) frames.push({ length: 1024, data });
  }
  return frames;
}
