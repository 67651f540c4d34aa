/**
 * Makes files of what a video shows. The main thread only takes hold of the picture; scaling and encoding are a worker's work. Where no
 * worker starts, the page encodes.
 *
 *   new ──first picture──▶ in a worker ──it died, hangs, or never started──▶ on the page
 *   close(), from any of them ──▶ closed
 */
import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import { startWorker } from '../../workers/start-worker.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';
import { type EncodedPicture, type EncoderCanvas, encodePicture, offscreenEncoder } from './encode-picture.ts';
import { type ErrorMessage, errorOf, messageOf } from './frame-encoder-error.ts';
import { foreignPicture, grabPicture } from './grab-picture.ts';

export interface EncodeRequest {
  readonly id: number;
  readonly picture: VideoFrame | ImageBitmap;
  readonly width: number;
  readonly height: number;
}

export type EncodeResult =
  | { readonly id: number; readonly encoded: EncodedPicture }
  | { readonly id: number; readonly error: ErrorMessage };

export interface FrameEncoderOptions {
  /** A copy of the worker on the page's own origin, for pages whose policy forbids `blob:` workers. */
  readonly workerUrl?: string | undefined;
  readonly timers: Timers;
  /** A canvas of the page, for browsers that have no other. */
  readonly canvas: () => HTMLCanvasElement;
}

type EncoderWorker = ReturnType<typeof startWorker>;

/** A worker that has a picture for so long is gone: of an end by force it says nothing. */
const PATIENCE: Milliseconds = 4_000;

interface Waiting {
  readonly late: TimerId;
  resolve(encoded: EncodedPicture): void;
  reject(error: GlasscastError): void;
}

export class FrameEncoder {
  readonly #options: FrameEncoderOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: EncoderWorker | null | undefined;
  #onPage: EncoderCanvas | undefined;
  #nextId = 1;
  #closed = false;

  constructor(options: FrameEncoderOptions) {
    this.#options = options;
  }

  /** Where pictures are encoded: null before the first one. */
  get runsIn(): 'worker' | 'page' | null {
    if (this.#worker === undefined) return null;
    return this.#worker === null ? 'page' : 'worker';
  }

  /**
   * The picture that the video shows now, `width` pixels wide (never wider than it is) in its own shape.
   * @throws GlasscastError `invalid` for a video of another site that does not allow it, `unsupported`, `limit`, `media`
   */
  async encode(video: HTMLVideoElement, width: number): Promise<EncodedPicture> {
    const size = sizeOf(video, width);
    if (this.#worker === undefined) this.#worker = this.#start();
    if (this.#worker !== null) {
      const picture = await grabPicture(video, Math.round(video.currentTime * 1_000_000));
      // It may have died, and the encoder may be closed, while the picture was taken.
      const worker = this.#worker;
      if (worker !== null && worker !== undefined) return await this.#encodeInWorker(worker, picture, size);
      picture.close();
    }
    if (this.#closed) throw new GlasscastError('aborted', 'The encoder is closed.');
    this.#onPage ??= typeof OffscreenCanvas === 'undefined' ? pageEncoder(this.#options.canvas()) : offscreenEncoder();
    return await encodePicture(this.#onPage, video, size);
  }

  close(): void {
    this.#closed = true;
    this.#lost(new GlasscastError('aborted', 'The encoder is closed.'));
    this.#onPage = undefined;
  }

  #start(): EncoderWorker | null {
    if (typeof OffscreenCanvas === 'undefined' || this.#closed) return null;
    const { workerUrl } = this.#options;
    try {
      const url = new URL('./frame-encoder.worker.ts', import.meta.url);
      const worker = startWorker(url, { name: 'glasscast frames', ...(workerUrl === undefined ? {} : { workerUrl }) });
      worker.addEventListener('message', ({ data }: MessageEvent<EncodeResult>) => this.#answered(data));
      worker.addEventListener('error', (event) => {
        // Said in words; the console need not repeat it.
        event.preventDefault();
        this.#lost(broken('has failed'));
      });
      return worker;
    } catch {
      // Forbidden by the page's policy, or not there at all.
      return null;
    }
  }

  #encodeInWorker(worker: EncoderWorker, picture: VideoFrame | ImageBitmap, size: Size): Promise<EncodedPicture> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const late = this.#options.timers.setTimeout(() => this.#lost(broken('has fallen silent')), PATIENCE);
      this.#waiting.set(id, { late, resolve, reject });
      try {
        worker.postMessage({ id, picture, ...size } satisfies EncodeRequest, [picture]);
      } catch (cause) {
        this.#taken(id);
        picture.close();
        // A bitmap of what the page may not read cannot leave it.
        reject(isCloneError(cause) ? foreignPicture(cause) : errorOf(messageOf(cause)));
      }
    });
  }

  #answered(result: EncodeResult): void {
    const waiting = this.#taken(result.id);
    if ('encoded' in result) waiting?.resolve(result.encoded);
    else waiting?.reject(errorOf(result.error));
  }

  #taken(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#options.timers.clearTimeout(waiting?.late);
    this.#waiting.delete(id);
    return waiting;
  }

  /** The page encodes from here on. */
  #lost(error: GlasscastError): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const id of [...this.#waiting.keys()]) this.#taken(id)?.reject(error);
  }
}

const broken = (how: string): GlasscastError => new GlasscastError('media', `The worker that encodes pictures ${how}.`);

interface Size {
  readonly width: number;
  readonly height: number;
}

function sizeOf({ videoWidth, videoHeight }: HTMLVideoElement, wanted: number): Size {
  const width = Math.max(1, Math.min(Math.round(wanted), videoWidth));
  return { width, height: Math.max(1, Math.round((width * videoHeight) / Math.max(1, videoWidth))) };
}

const isCloneError = (cause: unknown): boolean => cause instanceof DOMException && cause.name === 'DataCloneError';

function pageEncoder(canvas: HTMLCanvasElement): EncoderCanvas {
  return { canvas, toBlob: (type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality)) };
}
