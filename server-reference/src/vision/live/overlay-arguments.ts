/** How ffmpeg is asked for raw pictures, and for H.264 of them again. */
import type { Colours } from '../../ingest/h264.ts';
import type { Abilities } from '../../transcode/ffmpeg.ts';
import { rungBitrate } from '../../transcode/ladder-arguments.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** As pictures come in. */
export type PictureFormat = 'flv' | 'ivf';

/** Beyond this many lines one thread may not keep up with a camera. */
const LINES_A_THREAD = 480;

/**
 * FLV or IVF on the standard input. On `pipe:1` come the pictures, nothing between them; on `pipe:3` a line for each with its time, of a corner of the picture:
 * the checksum in it costs nothing then.
 *
 * @param reorders whether the source has B-frames, for which a decoder has to wait
 */
export function decoderArguments(
  { width, height }: PictureSize,
  format: PictureFormat,
  reorders: boolean,
  { passthrough }: Abilities,
): string[] {
  const times = ['-copyts', ...passthrough, '-enc_time_base', '1:1000', '-flush_packets', '1'];
  // What copies pictures has threads as well, and with more than one it holds back a picture for each.
  const raw = ['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-threads', '1'];
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...(reorders ? [] : ['-flags', 'low_delay']),
    // Both say what they are in their first bytes. Whatever more is read has to come first: half a minute of a dark picture is 32 KiB.
    ...['-probesize', '32', '-analyzeduration', '0', '-threads', '1', '-f', format, '-i', 'pipe:0'],
    // What has the size already passes through the scaler as it is.
    ...['-filter_complex', `[0:v]scale=${width}:${height},split[p][q];[q]crop=16:16:0:0[t]`],
    ...['-map', '[p]', ...raw, ...times, '-f', 'rawvideo', 'pipe:1'],
    ...['-map', '[t]', ...raw, ...times, '-f', 'framecrc', 'pipe:3'],
  ];
}

/** By their codes, as x264 calls them. Raw pictures do not say what their colours mean. */
const PRIMARIES: readonly (string | undefined)[] = ['', 'bt709', '', '', 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'film', 'bt2020'];
const TRANSFERS = [...PRIMARIES.slice(0, 8), 'linear', 'log100', 'log316', 'iec61966-2-4', 'bt1361e', 'iec61966-2-1', 'bt2020-10'];
const MATRICES: readonly (string | undefined)[] = ['', 'bt709', '', '', 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', '', 'bt2020nc'];

function named(colours: Colours | null): string[] {
  if (colours === null) return [];
  const all = [
    ['colorprim', PRIMARIES[colours.primaries]],
    ['transfer', TRANSFERS[colours.transfer]],
    ['colormatrix', MATRICES[colours.matrix]],
  ];
  return all.flatMap(([option, name]) => (name === undefined || name === '' ? [] : [`${option}=${name}`]));
}

/** The time under which the picture of this number goes into the encoder, and comes out: even where it is to be a key frame. */
export const encoderTime = (index: number, key: boolean): number => 2 * index + (key ? 0 : 1);
export const encoderIndex = (time: number): number => time >> 1;

/** IVF of raw pictures on the standard input, whose times are of {@link encoderTime}; FLV on the standard output, each frame as soon as it is there. */
export function encoderArguments(
  { width, height }: PictureSize,
  frameRate: number,
  colours: Colours | null,
  { passthrough }: Abilities,
): string[] {
  const lines = Math.min(width, height);
  const bitrate = String(rungBitrate(lines, frameRate));
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-probesize', '32', '-analyzeduration', '0', '-f', 'ivf', '-i', 'pipe:0'],
    ...['-map', '0:v:0', '-an', '-copyts', ...passthrough, '-enc_time_base', '1:1000'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-threads', lines > LINES_A_THREAD ? '2' : '1'],
    ...['-pix_fmt', 'yuv420p', '-profile:v', 'main', '-b:v', bitrate, '-maxrate', bitrate, '-bufsize', bitrate],
    // Left to itself x264 would share the bits out among a thousand frames a second.
    ...['-x264-params', [`fps=${Math.round(frameRate)}`, ...named(colours)].join(':')],
    // Raw pictures do not say which are to be key frames; their times do. Some builds count from the first one, which is even.
    ...['-g', '100000', '-sc_threshold', '0', '-force_key_frames', 'expr:eq(mod(round(t*1000),2),0)'],
    ...['-f', 'flv', '-flvflags', 'no_duration_filesize', '-flush_packets', '1', 'pipe:1'],
  ];
}
