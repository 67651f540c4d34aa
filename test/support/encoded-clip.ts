/** A short clip encoded by ffmpeg as a browser's WebCodecs would: H.264 with length-prefixed NAL units, Opus or AAC as bare packets. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildAvcC } from '../../server-reference/src/ingest/h264.ts';
import { opusPacketLength } from '../../server-reference/src/ingest/opus.ts';
import { findFfmpeg } from '../../tools/find-program.ts';

const run = promisify(execFile);

export interface ClipOptions {
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
  /** Seconds; a multiple of the key frame interval, so that the clip can be repeated. */
  readonly duration?: number;
  /** Seconds between key frames. */
  readonly keyframeInterval?: number;
  readonly bitrate?: number;
  readonly audio?: 'opus' | 'aac' | null;
  /** A film to show, scaled to the size; default: a test pattern. */
  readonly film?: string;
}

export interface ClipFrame {
  /** Seconds from the start of the clip. */
  readonly time: number;
  readonly key: boolean;
  readonly data: Uint8Array;
}

export interface ClipTrack {
  readonly codec: string;
  readonly description: Uint8Array;
  readonly frames: readonly ClipFrame[];
}

export interface Clip {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly duration: number;
  readonly video: ClipTrack;
  readonly audio: (ClipTrack & { readonly sampleRate: number; readonly channels: number }) | null;
}

async function ffmpeg(args: readonly string[]): Promise<Uint8Array> {
  const { stdout } = await run(findFfmpeg(), ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args, 'pipe:1'], {
    encoding: 'buffer',
    maxBuffer: 1 << 28,
  });
  return stdout;
}

/** NAL units of an Annex B stream. */
function* nalUnits(bytes: Uint8Array): Generator<Uint8Array> {
  let start = -1;
  for (let index = 0; index + 2 < bytes.byteLength; index++) {
    if (bytes[index] !== 0 || bytes[index + 1] !== 0 || bytes[index + 2] !== 1) continue;
    if (start >= 0) yield bytes.subarray(start, bytes[index - 1] === 0 ? index - 1 : index);
    start = index + 3;
    index += 2;
  }
  if (start >= 0) yield bytes.subarray(start);
}

function lengthPrefixed(nals: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(nals.reduce((sum, nal) => sum + 4 + nal.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const nal of nals) {
    view.setUint32(offset, nal.byteLength);
    bytes.set(nal, offset + 4);
    offset += 4 + nal.byteLength;
  }
  return bytes;
}

function h264Track(annexB: Uint8Array, frameRate: number): ClipTrack {
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  const units: Uint8Array[][] = [];
  for (const nal of nalUnits(annexB)) {
    const type = (nal[0] ?? 0) & 31;
    // An access unit delimiter begins each frame.
    if (type === 9) units.push([]);
    else if (type === 7 && sps.length === 0) sps.push(nal);
    else if (type === 8 && pps.length === 0) pps.push(nal);
    else if (type === 1 || type === 5) units.at(-1)?.push(nal);
  }
  const avcC = buildAvcC({ sps, pps });
  const hex = [...avcC.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const frames = units.map((nals, index) => ({
    time: index / frameRate,
    key: nals.some((nal) => ((nal[0] ?? 0) & 31) === 5),
    data: lengthPrefixed(nals),
  }));
  return { codec: `avc1.${hex}`, description: avcC, frames };
}

/** Packets of an Ogg stream (RFC 3533). */
function oggPackets(bytes: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let partial: Uint8Array[] = [];
  for (let page = 0; page + 27 <= bytes.byteLength; ) {
    const segments = bytes[page + 26] ?? 0;
    let offset = page + 27 + segments;
    for (let index = 0; index < segments; index++) {
      const length = bytes[page + 27 + index] ?? 0;
      partial.push(bytes.subarray(offset, offset + length));
      offset += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(partial));
      partial = [];
    }
    page = offset;
  }
  return packets;
}

function opusTrack(ogg: Uint8Array): ClipTrack {
  const [head, , ...packets] = oggPackets(ogg);
  if (head === undefined) throw new Error('ffmpeg made no Opus');
  let samples = 0;
  const frames = packets.map((data) => {
    const time = samples / 48_000;
    samples += opusPacketLength(data);
    return { time, key: true, data };
  });
  return { codec: 'opus', description: head, frames };
}

function aacTrack(adts: Uint8Array, sampleRate: number): ClipTrack {
  const frames: ClipFrame[] = [];
  for (let offset = 0; offset + 7 <= adts.byteLength; ) {
    const length = (((adts[offset + 3] ?? 0) & 3) << 11) | ((adts[offset + 4] ?? 0) << 3) | ((adts[offset + 5] ?? 0) >> 5);
    frames.push({ time: (frames.length * 1024) / sampleRate, key: true, data: adts.slice(offset + 7, offset + length) });
    offset += length;
  }
  // AAC-LC, 48 kHz, stereo.
  return { codec: 'mp4a.40.2', description: Uint8Array.of(0x11, 0x90), frames };
}

export async function encodeClip(options: ClipOptions = {}): Promise<Clip> {
  const { width = 640, height = 360, frameRate = 30, duration = 4, keyframeInterval = 2, bitrate = 1_000_000, audio = 'opus' } = options;
  const picture = `testsrc2=size=${width}x${height}:rate=${frameRate}:duration=${duration}`;
  const gop = Math.round(keyframeInterval * frameRate);
  const { film } = options;
  const shown = film === undefined ? ['-f', 'lavfi', '-i', picture] : ['-i', film, '-t', String(duration)];
  const video = ffmpeg([
    ...[
      ...shown,
      '-vf',
      `scale=${width}:${height}:out_range=tv,fps=${frameRate}`,
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-tune',
      'zerolatency',
    ],
    ...['-profile:v', 'baseline', '-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0', '-threads', '1'],
    ...['-b:v', String(bitrate), '-maxrate', String(bitrate), '-bufsize', String(bitrate), '-bsf:v', 'h264_metadata=aud=insert'],
    ...['-f', 'h264'],
  ]);
  const tone = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${duration}`, '-ac', '2'];
  let sound: Promise<ClipTrack> | null = null;
  if (audio === 'opus') {
    sound = ffmpeg([...tone, '-c:a', 'libopus', '-b:a', '64k', '-frame_duration', '20', '-page_duration', '20000', '-f', 'ogg']).then(
      opusTrack,
    );
  } else if (audio === 'aac') {
    sound = ffmpeg([...tone, '-c:a', 'aac', '-b:a', '96k', '-f', 'adts']).then((adts) => aacTrack(adts, 48_000));
  }
  const [annexB, audioTrack] = await Promise.all([video, sound]);
  return {
    width,
    height,
    frameRate,
    duration,
    video: h264Track(annexB, frameRate),
    audio: audioTrack === null ? null : { ...audioTrack, sampleRate: 48_000, channels: 2 },
  };
}
