/** A viewer of `media:<name>` without a library: a socket, a MediaSource, and a rate that holds the buffer at its target. Runs in a page. */

export interface SocketPlayerOptions {
  /** The Phoenix endpoint, `ws://…/socket`. */
  readonly socket: string;
  readonly stream: string;
  /** Seconds of buffer that it aims at. */
  readonly target: number;
}

/** Plays into the element until its page goes; resolves with the first frame shown. */
export async function playSocket(video: HTMLVideoElement, { socket, stream, target }: SocketPlayerOptions): Promise<void> {
  interface Track {
    readonly id: number;
    readonly mime: string;
  }
  class Sink {
    readonly #buffer: SourceBuffer;
    #queue: ArrayBuffer[] = [];

    constructor(source: MediaSource, mime: string) {
      this.#buffer = source.addSourceBuffer(mime);
      this.#buffer.addEventListener('updateend', () => this.#next());
    }

    append(bytes: ArrayBuffer): void {
      this.#queue.push(bytes);
      this.#next();
    }

    #next(): void {
      if (this.#buffer.updating) return;
      if (video.currentTime > 12 && this.#buffer.buffered.length > 0 && this.#buffer.buffered.start(0) < video.currentTime - 10) {
        this.#buffer.remove(0, video.currentTime - 4);
        return;
      }
      const bytes = this.#queue.shift();
      if (bytes !== undefined) this.#buffer.appendBuffer(bytes);
    }
  }

  const source = new MediaSource();
  const opened = new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
  video.src = URL.createObjectURL(source);
  video.muted = true;
  await opened;
  const sinks = new Map<number, Sink>();
  const ws = new WebSocket(`${socket}/websocket?vsn=2.0.0`);
  ws.binaryType = 'arraybuffer';
  ws.addEventListener('open', () => ws.send(JSON.stringify(['1', '1', `media:${stream}`, 'phx_join', { v: 1 }])));
  ws.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string') {
      const [, , , event, payload] = JSON.parse(data) as [unknown, unknown, unknown, string, { response: { tracks: Track[] } }];
      if (event === 'phx_reply') for (const { id, mime } of payload.response.tracks) sinks.set(id, new Sink(source, mime));
      return;
    }
    const bytes = new Uint8Array(data);
    const name = 3 + (bytes[1] ?? 0);
    const payload = name + (bytes[2] ?? 0);
    const isInit = new TextDecoder().decode(bytes.subarray(name, payload)) === 'init';
    sinks.get(bytes[payload] ?? 255)?.append(data.slice(payload + (isInit ? 2 : 10)));
  });
  setInterval(() => {
    const { buffered } = video;
    if (buffered.length === 0) return;
    const end = buffered.end(buffered.length - 1);
    const held = end - video.currentTime;
    // Far away it jumps, near the target it hurries or dawdles.
    if (video.currentTime < buffered.start(buffered.length - 1) || held > 1)
      video.currentTime = Math.max(end - target, buffered.start(buffered.length - 1));
    else video.playbackRate = Math.min(1.08, Math.max(0.95, 1 + (held - target) * 0.5));
  }, 50);
  const shown = new Promise<void>((resolve) => video.requestVideoFrameCallback(() => resolve()));
  await video.play();
  await shown;
}
