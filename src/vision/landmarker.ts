/** The page's side of the landmarker's worker: one worker, shared by whoever detects, ended with the last of them. */
import { GlasscastError } from '../protocol/errors.ts';
import { startWorker } from '../workers/start-worker.ts';
import type { FromLandmarkerWorker, LandmarkerSettings, ToLandmarkerWorker } from './landmarker/messages.ts';
import type { VisionSettings } from './overlay.ts';

export const FACE_LIMITS = { least: 1, most: 10 } as const;

/** A channel to a landmarker of one's own. */
export interface LandmarkerPort {
  /** For a `FaceTracker`; it may be transferred into another worker. */
  readonly port: MessagePort;
  /** Frees the landmarker, and the worker with the last one. The port is dead afterwards. */
  close(): void;
}

/** Whoever has asked for a landmarker, by number. */
interface Waiting {
  resolve(): void;
  reject(error: GlasscastError): void;
}

class LandmarkerWorker {
  readonly #worker: ReturnType<typeof startWorker>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #open = new Set<number>();
  #broken: GlasscastError | null = null;
  #next = 0;

  constructor(settings: VisionSettings) {
    this.#worker = startWorker(new URL('./landmarker.worker.ts', import.meta.url), {
      name: 'glasscast-landmarker',
      ...(settings.workerUrl === undefined ? {} : { workerUrl: settings.workerUrl }),
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromLandmarkerWorker>) => this.#settle(data);
    this.#worker.onerror = (event) => {
      // Said here, in words; the console need not repeat it.
      event.preventDefault();
      this.#break(event.message);
    };
  }

  /** Whether others can join: it has not broken, and it has not been ended. */
  get usable(): boolean {
    return this.#broken === null && (this.#open.size > 0 || this.#next === 0);
  }

  async open(settings: LandmarkerSettings): Promise<LandmarkerPort> {
    const client = this.#next++;
    const { port1, port2 } = new MessageChannel();
    this.#open.add(client);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.set(client, { resolve, reject });
        this.#post({ type: 'open', client, port: port2, settings }, [port2]);
      });
    } catch (error) {
      port1.close();
      this.#leave(client);
      throw error;
    }
    return {
      port: port1,
      close: () => {
        if (!this.#open.has(client)) return;
        this.#post({ type: 'close', client });
        this.#leave(client);
      },
    };
  }

  #settle(message: FromLandmarkerWorker): void {
    const waiting = this.#waiting.get(message.client);
    this.#waiting.delete(message.client);
    if (message.type === 'ready') waiting?.resolve();
    else waiting?.reject(new GlasscastError(message.code, message.message));
  }

  #break(reason: string | undefined): void {
    this.#broken = new GlasscastError(
      'unsupported',
      `The worker that looks for faces could not be started, or broke down${reason ? `: ${reason}` : '.'}`,
    );
    for (const waiting of this.#waiting.values()) waiting.reject(this.#broken);
    this.#waiting.clear();
  }

  #leave(client: number): void {
    this.#open.delete(client);
    if (this.#open.size > 0) return;
    this.#worker.terminate();
    forget(this);
  }

  #post(message: ToLandmarkerWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

/** By the address that `workerUrl` gives, since one page might say it once and leave it out elsewhere. */
const running = new Map<string, LandmarkerWorker>();

function forget(worker: LandmarkerWorker): void {
  for (const [key, known] of running) if (known === worker) running.delete(key);
}

/**
 * Makes a landmarker ready: starts the worker (or shares the one that runs), loads the model and WebAssembly, and tries which delegate is faster.
 * @throws GlasscastError `model-missing` where no model lies at `settings.model`, `network` where nothing answers, `unsupported` where the
 * browser or the page's policy does not allow workers or WebAssembly
 */
export function openLandmarker(settings: VisionSettings): Promise<LandmarkerPort> {
  const key = settings.workerUrl ?? '';
  const known = running.get(key);
  try {
    const addresses = {
      model: absolute(settings.model, 'model'),
      wasm: absolute(settings.wasm, 'wasm').replace(/\/+$/, ''),
      maxFaces: faceLimit(settings.maxFaces),
    };
    const worker = known?.usable === true ? known : new LandmarkerWorker(settings);
    running.set(key, worker);
    return worker.open(addresses);
  } catch (error) {
    return Promise.reject(error);
  }
}

function absolute(address: string, name: string): string {
  if (!URL.canParse(address, globalThis.location?.href))
    throw new GlasscastError('invalid', `“${address}” is not an address; ${name} needs one.`);
  return new URL(address, globalThis.location?.href).href;
}

/** Whole, within {@link FACE_LIMITS}; 1 for what is no number. */
export function faceLimit(value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return FACE_LIMITS.least;
  return Math.min(FACE_LIMITS.most, Math.max(FACE_LIMITS.least, Math.round(value)));
}
