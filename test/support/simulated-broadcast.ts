/** A broadcaster inside the process, under a fake clock: valid H.264 and Opus framing around meaningless pictures and sounds. */

import { Hub, type HubOptions } from '../../server-reference/src/hub/hub.ts';
import type { PackagingTerms } from '../../server-reference/src/hub/media.ts';
import type { Publication } from '../../server-reference/src/hub/publication.ts';
import { type ChunkOutcome, FramesIngest } from '../../server-reference/src/ingest/frames-ingest.ts';
import { sourceTracks } from '../../server-reference/src/ingest/source-tracks.ts';
import { encodeChunk, type TrackDescription } from '../../src/protocol/index.ts';
import type { FakeClock } from './fake-clock.ts';

/** avcC of x264 baseline at 640x360 and at 1280x720. */
export const AVCC_360P = 'AULAHv/hABlnQsAe2gKAv+XARAAAAwAEAAADAPI8WLqAAQAEaM48gA==';
export const AVCC_720P = 'AULAH//hABdnQsAf2gFAFuwEQAAAAwBAAAAPI8YMqAEABGjOPIA=';
export const MICROSECONDS = 1_000_000;

export const videoTrack = (more: Partial<TrackDescription> = {}): TrackDescription => ({
  id: 0,
  kind: 'video',
  codec: 'avc1.42001f',
  timescale: MICROSECONDS,
  frame_rate: 30,
  description: AVCC_360P,
  ...more,
});

export const audioTrack = (more: Partial<TrackDescription> = {}): TrackDescription => ({
  id: 1,
  kind: 'audio',
  codec: 'opus',
  timescale: MICROSECONDS,
  sample_rate: 48_000,
  channels: 2,
  ...more,
});

/** One NAL unit behind its length: an IDR slice or one that depends on others. */
export function videoFrame(key: boolean, bytes = 1200): Uint8Array {
  const frame = new Uint8Array(bytes).fill(0x55);
  new DataView(frame.buffer).setUint32(0, bytes - 4);
  frame[4] = key ? 0x65 : 0x41;
  return frame;
}

/** An Opus packet of 20 ms, stereo, CELT. */
export function opusPacket(bytes = 160): Uint8Array {
  const packet = new Uint8Array(bytes).fill(0x33);
  packet[0] = 0xfc;
  return packet;
}

export function testHub(clock: FakeClock, options: Partial<HubOptions> = {}): Hub {
  const defaults = { partDuration: 200, segmentDuration: 2000, window: 30_000, maxStreams: 100, maxBitrate: 20_000_000 };
  return new Hub({ clock, ...defaults, ...options });
}

export interface BroadcastOptions {
  readonly stream?: string;
  readonly tracks?: readonly TrackDescription[];
  readonly publishKey?: string;
  readonly subject?: string;
  /** Seconds at which the tracks' timestamps stand at the start of the broadcast. */
  readonly videoOrigin?: number;
  readonly audioOrigin?: number;
  /** Milliseconds from capture to arrival. */
  readonly latency?: number;
  /** Whether `clock` pushes are sent. */
  readonly clocks?: boolean;
  /** Whether it asks to be recorded. */
  readonly record?: boolean;
  /** Durations and window of its own. */
  readonly packaging?: PackagingTerms;
}

export interface RunOptions {
  readonly frameRate?: number;
  /** Seconds between key frames; 0 for none but the first. */
  readonly keyframeInterval?: number;
  /** Capture times of the camera in seconds, where they are not regular. */
  readonly camera?: Iterator<number>;
  /** True time that 20 ms of sound take, in seconds. */
  readonly packetTime?: number;
  readonly video?: boolean;
  /** Tracks that get the same pictures as track 0: further layers of a simulcast. */
  readonly layers?: readonly number[];
  readonly audio?: boolean;
  readonly frameBytes?: number;
}

export class SimulatedBroadcast {
  readonly publication: Publication;
  readonly ingest: FramesIngest;
  /** What the server asked for, in order. */
  readonly asked: string[] = [];
  /** Seconds from the start of the broadcast to now. */
  now = 0;
  readonly #clock: FakeClock;
  readonly #options: BroadcastOptions;
  readonly #start: number;
  readonly #hasAudio: boolean;
  readonly #hasVideo: boolean;
  #nextKey = 0;
  #nextClock = 0;
  #nextVideo = 0;
  #nextAudio = 0;
  #audioPackets = 0;

  constructor(hub: Hub, clock: FakeClock, options: BroadcastOptions = {}) {
    this.#clock = clock;
    this.#options = options;
    this.#start = clock.now();
    const tracks = sourceTracks(options.tracks ?? [videoTrack(), audioTrack()]);
    if (!tracks.ok) throw new Error(tracks.details);
    this.#hasAudio = tracks.tracks.some(({ config }) => config.kind === 'audio');
    this.#hasVideo = tracks.tracks.some(({ config }) => config.kind === 'video');
    const outcome = hub.publish(options.stream ?? 'demo', {
      tracks: tracks.tracks,
      publishKey: options.publishKey ?? null,
      subject: options.subject ?? null,
      title: null,
      description: null,
      record: options.record ?? false,
      packaging: options.packaging ?? {},
      broadcaster: {
        keyframe: () => {
          this.asked.push('keyframe');
        },
        bitrate: (track, bps) => {
          this.asked.push(`bitrate ${track} ${bps}`);
        },
        stopped: (reason) => {
          this.asked.push(`stopped ${reason}`);
        },
        recording: (notice) => {
          this.asked.push(notice.state === 'recording' ? 'recording' : `recording stopped ${notice.reason}`);
        },
      },
    });
    if (!outcome.ok) throw new Error(outcome.reason);
    this.publication = outcome.publication;
    this.ingest = new FramesIngest(outcome.publication, tracks.tracks, { maxBitrate: hub.options.maxBitrate, now: () => clock.now() });
  }

  /** Server wall clock at a time of the broadcast. */
  wall(time: number): number {
    return this.#start + time * 1000;
  }

  send(track: number, timestamp: number, data: Uint8Array): ChunkOutcome {
    const record = { track, key: false, duration: 0, dts: Math.round(timestamp * MICROSECONDS), cts: 0, data };
    return this.ingest.chunk(new Uint8Array(encodeChunk([record])));
  }

  picture(time: number, key: boolean, bytes?: number): ChunkOutcome {
    return this.send(0, (this.#options.videoOrigin ?? 1000) + time, videoFrame(key, bytes));
  }

  sound(timestamp: number): ChunkOutcome {
    return this.send(1, (this.#options.audioOrigin ?? 5) + timestamp, opusPacket());
  }

  /** Lets time pass without sending; frames go on from there. */
  pause(seconds: number): void {
    this.now += seconds;
    this.#clock.advanceTo(this.wall(this.now));
    this.#nextVideo = Math.max(this.#nextVideo, this.now);
    this.#nextAudio = Math.max(this.#nextAudio, this.now);
    this.#audioPackets = Math.round(this.#nextAudio / 0.02);
  }

  /** Broadcasts for so many seconds of captured time. */
  run(seconds: number, options: RunOptions = {}): void {
    const { frameRate = 30, keyframeInterval = 2, camera, packetTime = 0.02, frameBytes, layers = [] } = options;
    const end = this.now + seconds;
    const withVideo = (options.video ?? true) && this.#hasVideo;
    const withAudio = (options.audio ?? true) && this.#hasAudio;
    const latency = (this.#options.latency ?? 40) / 1000;
    for (;;) {
      const video = withVideo ? this.#nextVideo : Number.POSITIVE_INFINITY;
      const audio = withAudio ? this.#nextAudio : Number.POSITIVE_INFINITY;
      const time = Math.min(video, audio);
      if (time >= end - 1e-9) break;
      this.#clock.advanceTo(this.wall(time + latency));
      if (this.#options.clocks !== false && time >= this.#nextClock) this.#sendClocks(time, packetTime, layers);
      if (audio < video) {
        this.sound(this.#audioPackets++ * 0.02);
        this.#nextAudio = audio + packetTime;
      } else {
        const key = this.#nextKey === 0 || (keyframeInterval > 0 && time >= this.#nextKey - 1e-6);
        if (key) this.#nextKey = (Math.floor(time / (keyframeInterval || 1) + 1e-6) + 1) * (keyframeInterval || 1);
        this.picture(time, key, frameBytes);
        for (const layer of layers) this.send(layer, (this.#options.videoOrigin ?? 1000) + time, videoFrame(key, 3000));
        this.#nextVideo = camera === undefined ? video + 1 / frameRate : (camera.next().value ?? Number.POSITIVE_INFINITY);
      }
    }
    this.now = end;
    if (!withVideo) this.#nextVideo = Math.max(this.#nextVideo, end);
    if (!withAudio) {
      this.#nextAudio = Math.max(this.#nextAudio, end);
      this.#audioPackets = Math.round(this.#nextAudio / 0.02);
    }
    this.#clock.advanceTo(this.wall(end));
  }

  /** The next picture is a key frame. */
  forceKey(): void {
    this.#nextKey = 0;
  }

  #sendClocks(time: number, packetTime: number, layers: readonly number[]): void {
    this.#nextClock = time + 10;
    const { videoOrigin = 1000, audioOrigin = 5 } = this.#options;
    const dts = (origin: number, at: number): number => Math.round((origin + at) * MICROSECONDS);
    if (this.#hasVideo) for (const track of [0, ...layers]) this.publication.clock(track, dts(videoOrigin, time), this.wall(time), 0);
    // The microphone counts samples: its timestamps say 20 ms whatever they really took.
    if (this.#hasAudio) this.publication.clock(1, dts(audioOrigin, (time * 0.02) / packetTime), this.wall(time), 0);
  }
}
