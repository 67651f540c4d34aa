import { GlasscastError } from '../../protocol/errors.ts';
import type { BitsPerSecond, Milliseconds, Seconds } from '../../protocol/units.ts';
import { wallClock } from '../wall-clock.ts';

/** Shorter slices come no sooner: Chromium's sound is in packets of 60 ms. */
const SLICE: Milliseconds = 100;

export interface RecordingOptions {
  readonly video: MediaStreamTrack;
  readonly audio: MediaStreamTrack | null;
  readonly mimeType: string;
  readonly videoBitrate: BitsPerSecond;
  readonly audioBitrate: BitsPerSecond;
  readonly keyFrameInterval: Seconds;
}

export interface RecordingHandler {
  /** The next bytes of the container, in order; the first begin with its header. */
  bytes(bytes: ArrayBuffer): void;
  /** It has stopped by itself: a track has ended, or the encoder failed. */
  ended(cause: unknown): void;
}

/** In Chromium alone; elsewhere key frames come as the recorder likes. */
type RecorderOptions = MediaRecorderOptions & { readonly videoKeyFrameIntervalDuration?: Milliseconds };

/** One run of a MediaRecorder. It does not outlive its tracks: another track takes another recording. */
export class Recording {
  /** On the wall clock: where the times of the container count from. */
  readonly startedAt: Milliseconds;
  readonly #recorder: MediaRecorder;
  readonly #handler: RecordingHandler;
  readonly #abort = new AbortController();
  /** Reading a blob takes a moment, and a small one less than a large one before it. */
  #order: Promise<void> = Promise.resolve();

  /** @throws GlasscastError `codec-unsupported` where the browser does not record this */
  constructor({ video, audio, mimeType, videoBitrate, audioBitrate, keyFrameInterval }: RecordingOptions, handler: RecordingHandler) {
    this.#handler = handler;
    const options: RecorderOptions = {
      mimeType,
      videoBitsPerSecond: videoBitrate,
      audioBitsPerSecond: audioBitrate,
      videoKeyFrameIntervalDuration: keyFrameInterval * 1_000,
    };
    const { signal } = this.#abort;
    try {
      this.#recorder = new MediaRecorder(new MediaStream(audio === null ? [video] : [video, audio]), options);
      this.#recorder.addEventListener('dataavailable', ({ data }) => this.#take(data), { signal });
      this.#recorder.addEventListener('error', (event) => this.#end((event as ErrorEvent).error ?? event.type), { signal });
      this.#recorder.addEventListener('stop', () => this.#end(null), { signal });
      this.startedAt = wallClock();
      this.#recorder.start(SLICE);
    } catch (cause) {
      throw new GlasscastError('codec-unsupported', `This browser does not record ${mimeType}.`, { cause });
    }
  }

  /** Nothing more is told of it. */
  close(): void {
    this.#abort.abort('closed');
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
  }

  #take(data: Blob): void {
    if (data.size === 0) return;
    this.#order = this.#order
      .then(() => data.arrayBuffer())
      .then((bytes) => {
        if (!this.#abort.signal.aborted) this.#handler.bytes(bytes);
      })
      .catch((cause: unknown) => this.#end(cause));
  }

  #end(cause: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.close();
    this.#handler.ended(cause);
  }
}
