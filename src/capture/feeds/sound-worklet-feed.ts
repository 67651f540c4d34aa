import { trustedScriptUrl } from '../../workers/trusted-script-url.ts';

/** What the worklet posts. */
export interface CapturedBlock {
  /** Of its first frame, in frames of the context's time. */
  readonly start: number;
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}

/** Half a second: whoever is so far behind loses sound in any case. */
const BACKLOG = 50;
const SAMPLE_RATE = 48_000;
const MICROSECONDS = 1_000_000;

/** The sound of a track, taken by an AudioWorklet, for browsers that give a page no other way to it. Ends with its track. */
export function openSoundWorkletFeed(track: MediaStreamTrack): ReadableStream<AudioData> {
  return new ReadableStream<AudioData>(new SoundWorkletFeed(track), { highWaterMark: BACKLOG });
}

class SoundWorkletFeed implements UnderlyingDefaultSource<AudioData> {
  readonly #track: MediaStreamTrack;
  readonly #abort = new AbortController();
  #context: AudioContext | null = null;
  #controller: ReadableStreamDefaultController<AudioData> | null = null;

  constructor(track: MediaStreamTrack) {
    this.#track = track;
  }

  start(controller: ReadableStreamDefaultController<AudioData>): void {
    this.#controller = controller;
    this.#track.addEventListener('ended', () => this.#end(), { signal: this.#abort.signal });
    // Not awaited: a stream whose start is under way cannot be read, and says nothing of a track that ends meanwhile.
    this.#connect().catch((cause: unknown) => this.#fail(cause));
  }

  cancel(): void {
    this.#release();
  }

  async #connect(): Promise<void> {
    const { context, source } = this.#open();
    this.#context = context;
    // As for a worker, the address has to be allowed where the page has Trusted Types; a worklet may come from any origin with CORS.
    const module = new URL('./sound-capture.worklet.ts', import.meta.url);
    await context.audioWorklet.addModule(trustedScriptUrl(module.href));
    if (this.#abort.signal.aborted) return;
    const node = new AudioWorkletNode(context, 'glasscast-sound-capture', {
      numberOfOutputs: 0,
      channelCount: Math.min(2, this.#track.getSettings().channelCount ?? 1),
      channelCountMode: 'explicit',
    });
    node.port.onmessage = ({ data }: MessageEvent<CapturedBlock>) => this.#take(data, context.sampleRate);
    source.connect(node);
    // A context that was opened without a tap may be suspended, and says so again when another program takes the device.
    const wake = (): void => {
      if (context.state === 'suspended' && !this.#abort.signal.aborted) context.resume().catch((cause: unknown) => this.#fail(cause));
    };
    context.addEventListener('statechange', wake, { signal: this.#abort.signal });
    wake();
  }

  /** Firefox connects a track only to a context of the rate that the track has. */
  #open(): { readonly context: AudioContext; readonly source: MediaStreamAudioSourceNode } {
    const stream = new MediaStream([this.#track]);
    const wanted = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' });
    try {
      return { context: wanted, source: wanted.createMediaStreamSource(stream) };
    } catch (error) {
      void wanted.close();
      if (!(error instanceof DOMException) || error.name !== 'NotSupportedError') throw error;
    }
    const context = new AudioContext({ latencyHint: 'interactive' });
    return { context, source: context.createMediaStreamSource(stream) };
  }

  #take({ start, channels }: CapturedBlock, sampleRate: number): void {
    const frames = channels[0]?.length ?? 0;
    if (this.#controller === null || frames === 0 || (this.#controller.desiredSize ?? 0) <= 0) return;
    const data = new Float32Array(frames * channels.length);
    channels.forEach((channel, index) => void data.set(channel, index * frames));
    const timestamp = Math.round((start * MICROSECONDS) / sampleRate);
    const format = { format: 'f32-planar', sampleRate, numberOfFrames: frames, numberOfChannels: channels.length } as const;
    this.#controller.enqueue(new AudioData({ ...format, timestamp, data }));
  }

  #end(): void {
    this.#controller?.close();
    this.#release();
  }

  #fail(cause: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.#controller?.error(cause);
    this.#release();
  }

  #release(): void {
    this.#controller = null;
    this.#abort.abort('closed');
    // Rejects only where it is closed already, and nobody else does that.
    void this.#context?.close();
    this.#context = null;
  }
}
