/** A broadcaster in Node, from its encoders on: frames that no camera saw, sent as a worker sends them. */
import { CaptureClock } from '../../src/capture/capture-clock.ts';
import { AUDIO_TRACK, VIDEO_TRACK } from '../../src/capture/encoded-track.ts';
import type { TransportChoice } from '../../src/capture/publisher-options.ts';
import { Transmitter } from '../../src/capture/transmitter.ts';
import type { GlasscastError, TrackDescription } from '../../src/protocol/index.ts';
import type { RecordingPush, StreamReply, TracksReply } from '../../src/protocol/messages/stream.ts';
import { Connection } from '../../src/signaling/connection.ts';
import { realmTimers } from '../../src/workers/worker-timers.ts';
import { audioTrack, opusPacket, videoFrame, videoTrack } from './simulated-broadcast.ts';

const now = (): number => performance.timeOrigin + performance.now();

export interface StudioOptions {
  readonly server: string;
  readonly stream?: string;
  readonly publishKey?: string;
  readonly bitrate?: number;
  readonly transport?: TransportChoice;
  readonly record?: boolean;
  /** What requests go through. */
  readonly fetch?: typeof globalThis.fetch;
  readonly tokenProvider?: () => Promise<string>;
}

/** A camera and a microphone that deliver in real time, encoders that do as they are told, and a connection that can be cut. */
export class Studio {
  readonly transmitter: Transmitter;
  readonly joins: StreamReply[] = [];
  readonly moves: TracksReply[] = [];
  readonly recordings: RecordingPush[] = [];
  readonly rates: number[] = [];
  readonly troubles: GlasscastError[] = [];
  readonly notices: unknown[] = [];
  keyFramesNeeded = 0;
  keyFramesAcknowledged = 0;
  drops = 0;
  ended: GlasscastError | null = null;
  /** False: no frame after the first becomes a key frame, whoever asks. */
  obeys = true;
  readonly #video = new CaptureClock();
  readonly #audio = new CaptureClock();
  readonly #sockets: WebSocket[] = [];
  readonly #began = now();
  #tracks: TrackDescription[] = [videoTrack(), audioTrack()];
  #bitrate: number;
  #pictures = 0;
  #sounds = 0;
  #keyDue = true;
  #changed: (() => void)[] = [];
  #severed = false;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({
    server,
    stream = 'show',
    publishKey,
    bitrate = 400_000,
    transport = 'channel',
    record,
    fetch,
    tokenProvider,
  }: StudioOptions) {
    this.#bitrate = bitrate;
    const sockets = this.#sockets;
    class CuttableSocket extends WebSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    this.transmitter = new Transmitter(
      {
        uplink: {
          server,
          socketPath: '/socket',
          token: null,
          hasTokenProvider: tokenProvider !== undefined,
          stream,
          publishKey: publishKey ?? null,
          transport,
          record: record ?? false,
        },
        bitrate,
        tracks: () => this.#tracks,
        clocks: () => [
          { track: VIDEO_TRACK, clock: this.#video, timestamp: this.#pictures * 33_333 },
          { track: AUDIO_TRACK, clock: this.#audio, timestamp: this.#sounds * 20_000 },
        ],
      },
      {
        joined: (reply) => this.#note(() => this.joins.push(reply), true),
        moved: (reply) => this.#note(() => this.moves.push(reply)),
        recording: (recording) => this.#note(() => this.recordings.push(recording)),
        dropped: () => this.#note(() => this.drops++),
        ended: (error) =>
          this.#note(() => {
            this.ended = error;
          }),
        keyFrameNeeded: () => this.#note(() => this.keyFramesNeeded++, this.obeys),
        keyFrameAcknowledged: () => this.#note(() => this.keyFramesAcknowledged++),
        rate: (rate) =>
          this.#note(() => {
            this.rates.push(rate);
            this.#bitrate = rate;
          }, true),
        trouble: (error) => this.#note(() => this.troubles.push(error)),
        notice: (error) => this.#note(() => this.notices.push(error)),
      },
      {
        now,
        timers: realmTimers,
        tokenProvider: tokenProvider ?? (() => Promise.reject(new Error('nobody has a token'))),
        connect: (init) => new Connection({ ...init, WebSocket: CuttableSocket }),
        fetch: (input, init) => this.#fetch(input, init, fetch ?? globalThis.fetch),
      },
    );
    this.#timer = setInterval(() => this.#capture(), 10);
    this.transmitter.open();
  }

  /** Resolves once it holds; looked at whenever something has happened, and with every frame. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return void this.#changed.push(look);
        resolve();
      };
      look();
    });
  }

  /** The connection breaks: the socket, and whatever is requested before the stream is opened anew. */
  cut(): void {
    this.#severed = true;
    this.#sockets.at(-1)?.close();
    // Encoders do not wait for a socket that closes to be closed.
    this.#picture();
  }

  close(): void {
    clearInterval(this.#timer);
    this.transmitter.close();
  }

  /** The phone was turned. */
  change(tracks: TrackDescription[]): Promise<void> {
    this.#tracks = tracks;
    this.#keyDue = true;
    return this.transmitter.tracksChanged();
  }

  async #fetch(input: RequestInfo | URL, init: RequestInit | undefined, fetch: typeof globalThis.fetch): Promise<Response> {
    if (/\/ingest\/[^/?]+(\?|$)/.test(String(input))) this.#severed = false;
    if (this.#severed) throw new TypeError('Failed to fetch');
    return await fetch(input, init);
  }

  #note(change: () => void, keyDue = false): void {
    change();
    this.#keyDue ||= keyDue;
    for (const look of this.#changed.splice(0)) look();
  }

  #picture(): void {
    const timestamp = this.#pictures++ * 33_333;
    this.#video.observe(timestamp, now());
    if (!this.transmitter.joined) return;
    const key = this.#keyDue;
    this.#keyDue = false;
    const data = videoFrame(key, Math.max(64, Math.round(this.#bitrate / 8 / 30)));
    this.transmitter.send(VIDEO_TRACK, { key, timestamp, duration: 33_333, data });
  }

  #capture(): void {
    const time = (now() - this.#began) * 1000;
    while (this.#pictures * 33_333 < time) this.#picture();
    for (; this.#sounds * 20_000 < time; this.#sounds++) {
      const timestamp = this.#sounds * 20_000;
      this.#audio.observe(timestamp + 20_000, now());
      this.transmitter.send(AUDIO_TRACK, { key: true, timestamp, duration: 20_000, data: opusPacket() });
    }
    for (const look of this.#changed.splice(0)) look();
  }
}
