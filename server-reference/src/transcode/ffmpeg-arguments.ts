/** How ffmpeg is asked to make H.264 of pictures that come in now. */
import type { BitsPerSecond } from '../../../src/protocol/index.ts';
import type { Abilities } from './ffmpeg.ts';

const BITS_PER_PIXEL = 0.1;
const FRAME_RATE = 30;
const LOWEST: BitsPerSecond = 300_000;
const HIGHEST: BitsPerSecond = 4_000_000;
/** Seconds between key frames, as broadcasters that encode H.264 themselves are asked for. */
const KEY_FRAME_INTERVAL = 2;

export function bitrateFor(width: number, height: number): BitsPerSecond {
  return Math.round(Math.min(Math.max(width * height * FRAME_RATE * BITS_PER_PIXEL, LOWEST), HIGHEST));
}

/** Table A-1 of ITU-T H.264 for 30 frames a second: what x264 would find by itself if it knew the frame rate. */
function levelFor(width: number, height: number): string {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  if (macroblocks <= 1350) return '3.0';
  if (macroblocks <= 3600) return '3.1';
  if (macroblocks <= 8160) return '4.0';
  return '5.1';
}

/** IVF on the standard input, FLV on the standard output, each frame as soon as it is there. */
export function ffmpegArguments(width: number, height: number, { passthrough }: Abilities): string[] {
  const bitrate = String(bitrateFor(width, height));
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    // Nothing is held back for probing: IVF says what it is.
    ...['-flags', 'low_delay', '-probesize', '32', '-analyzeduration', '0', '-threads', '1', '-f', 'ivf', '-i', 'pipe:0'],
    // Times stay those of the recording, whose sound goes another way.
    ...['-map', '0:v:0', '-an', '-copyts', ...passthrough],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-threads', '2', '-pix_fmt', 'yuv420p', '-profile:v', 'main'],
    ...['-level:v', levelFor(width, height), '-b:v', bitrate, '-maxrate', bitrate, '-bufsize', bitrate],
    // The rate of an IVF file is its clock's: left to itself x264 would share the bits out among a thousand frames a second.
    ...['-x264-params', `fps=${FRAME_RATE}`, '-g', '600', '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+${KEY_FRAME_INTERVAL}))`],
    ...['-f', 'flv', '-flvflags', 'no_duration_filesize', '-flush_packets', '1', 'pipe:1'],
  ];
}
