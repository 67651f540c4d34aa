/** A broadcaster in real time over the real wire, of one clip in as many layers as wanted, which can lose its connection and come back. */
import type { TrackDescription } from '../../src/protocol/index.ts';
import { encodeChunk } from '../../src/protocol/index.ts';
import { AUDIO_TRACK, playClip, trackDescriptions, VIDEO_TRACK } from './clip-player.ts';
import type { Clip } from './encoded-clip.ts';
import { Publisher } from './publisher.ts';

/** Further layers are tracks of their own; they carry the same pictures. */
const FIRST_LAYER = 10;

export class LayeredBroadcast implements AsyncDisposable {
  readonly #server: string;
  readonly #stream: string;
  readonly #clip: Clip;
  readonly #layers: readonly number[];
  #publishKey: string | undefined;
  #running: { readonly publisher: Publisher; readonly stop: AbortController; readonly done: Promise<void> } | null = null;

  constructor(server: string, stream: string, clip: Clip, layers = 1) {
    this.#server = server;
    this.#stream = stream;
    this.#clip = clip;
    this.#layers = Array.from({ length: layers - 1 }, (_, index) => FIRST_LAYER + index);
  }

  /** Goes on air, or back on air. */
  async start(): Promise<void> {
    const described = trackDescriptions(this.#clip);
    const [video] = described;
    const more: TrackDescription[] = video === undefined ? [] : this.#layers.map((id, index) => ({ ...video, id, layer: index + 1 }));
    const publisher = await Publisher.connect({
      server: this.#server,
      stream: this.#stream,
      tracks: [...described, ...more],
      ...(this.#publishKey === undefined ? {} : { publishKey: this.#publishKey }),
    });
    if (publisher.joinReply.status !== 'ok') throw new Error(`refused: ${JSON.stringify(publisher.joinReply.response)}`);
    this.#publishKey = publisher.session.publish_key;
    const stop = new AbortController();
    this.#running = { publisher, stop, done: this.#play(publisher, stop.signal) };
  }

  /** The connection breaks. */
  async drop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.stop.abort();
    await running?.done;
    running?.publisher.drop();
  }

  async end(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.stop.abort();
    await running?.done;
    await running?.publisher.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #play(publisher: Publisher, signal: AbortSignal): Promise<void> {
    const began = Date.now();
    const ids = [VIDEO_TRACK, ...this.#layers];
    const dts = (origin: number): number => Math.round(origin * 1e6);
    const clocks = [...ids.map((track) => ({ track, dts: dts(1000) })), { track: AUDIO_TRACK, dts: dts(5) }];
    for (const clock of clocks) await publisher.push('clock', { ...clock, wall_ms: began, offset_ms: 0 });
    for (const { time, record } of playClip(this.#clip)) {
      const wait = began + time * 1000 - Date.now();
      if (wait > 1) await pause(wait, signal);
      if (signal.aborted) return;
      const tracks = record.track === VIDEO_TRACK ? ids : [record.track];
      const records = tracks.map((track) => ({ ...record, track }));
      void publisher.push('chunk', new Uint8Array(encodeChunk(records)));
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    resolve();
  };
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake);
  return promise;
}
