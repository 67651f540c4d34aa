/** How ffmpeg is asked for the rungs of a ladder, all of them in one process: the source is decoded once. */
import type { BitsPerSecond } from '../../../src/protocol/index.ts';
import type { Abilities } from './ffmpeg.ts';

export interface Rung {
  readonly width: number;
  readonly height: number;
}

/** 400 kbit/s at 240 lines. Twice the lines have four times the pixels, and need about three times the bits. */
const BASE_LINES = 240;
const BASE_BITRATE: BitsPerSecond = 400_000;
const GROWTH = 1.67;
/** Beyond this rate pictures differ less from each other; half as many bits again are enough for twice as many of them. */
const FAST = 40;

/** @param lines the shorter side */
export function rungBitrate(lines: number, frameRate: number): BitsPerSecond {
  const bits = BASE_BITRATE * (lines / BASE_LINES) ** GROWTH * (frameRate > FAST ? 1.5 : 1);
  return Math.round(bits / 10_000) * 10_000;
}

/** The source's picture with its shorter side so long; both sides are even, as 4:2:0 needs them. */
export function rungSize(source: Rung, lines: number): Rung {
  const even = (length: number): number => 2 * Math.round(length / 2);
  const scale = lines / Math.min(source.width, source.height);
  return { width: even(source.width * scale), height: even(source.height * scale) };
}

/**
 * FLV on the standard input, one FLV a rung on `pipe:1`, `pipe:3` and so on, each frame as soon as it is there.
 *
 * @param reorders whether the source has B-frames, for which a decoder has to wait
 */
export function ladderArguments(rungs: readonly Rung[], frameRate: number, reorders: boolean, { passthrough }: Abilities): string[] {
  const labels = rungs.map((_, index) => `[s${index}]`).join('');
  const scaled = rungs.map(({ width, height }, index) => `[s${index}]scale=${width}:${height}[o${index}]`);
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    // Not `-fflags nobuffer`, which throws away what was probed, the first key frame among it.
    ...(reorders ? [] : ['-flags', 'low_delay']),
    ...['-probesize', '32', '-analyzeduration', '0', '-threads', '1', '-f', 'flv', '-i', 'pipe:0'],
    ...['-filter_complex', [`[0:v]split=${rungs.length}${labels}`, ...scaled].join(';')],
    ...rungs.flatMap((rung, index) => rungArguments(rung, index, frameRate, passthrough)),
  ];
}

function rungArguments({ width, height }: Rung, index: number, frameRate: number, passthrough: readonly string[]): string[] {
  const bitrate = String(rungBitrate(Math.min(width, height), frameRate));
  return [
    // By its time each picture finds the one that it was made of; a clock of the guessed frame rate would round it.
    ...['-map', `[o${index}]`, '-copyts', ...passthrough, '-enc_time_base', '1:1000'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-threads', '1', '-pix_fmt', 'yuv420p', '-profile:v', 'main'],
    ...['-b:v', bitrate, '-maxrate', bitrate, '-bufsize', bitrate],
    // The clock of FLV counts a thousand a second: left to itself x264 would share the bits out among as many frames.
    ...['-x264-params', `fps=${Math.round(frameRate)}`],
    // Key frames where the source has them, and nowhere else.
    ...['-g', '100000', '-sc_threshold', '0', '-force_key_frames', 'source'],
    ...['-f', 'flv', '-flvflags', 'no_duration_filesize', '-flush_packets', '1', `pipe:${index === 0 ? 1 : index + 2}`],
  ];
}
