/** One client of the landmarker's worker: its port, its landmarker, and what happens when that breaks. */
import type { ErrorCode } from '../../protocol/errors.ts';
import { LANDMARKS } from '../face.ts';
import type { Landmarker } from './mediapipe.ts';
import type { DetectAnswer, DetectRequest } from './messages.ts';

/** After this many good detections a crash counts as the first one again. */
const RECOVERED = 1000;

export interface ClientHost {
  /** Another landmarker, without the GPU if that was what broke. */
  make(lost: () => void, avoidGpu: boolean): Promise<Landmarker>;
}

/**
 * ```
 * running ── a detection throws ──→ restarting ──→ running
 *    │                                  └── cannot be made ──→ failed
 *    ├── the GPU is lost ──→ restarting, on the CPU
 *    └── a second detection throws soon after ──→ failed
 * ```
 */
type State =
  | { readonly is: 'running'; readonly landmarker: Landmarker }
  | { readonly is: 'restarting' }
  | { readonly is: 'failed' }
  | { readonly is: 'closed' };

export class LandmarkerClient {
  readonly #port: MessagePort;
  readonly #host: ClientHost;
  #state: State = { is: 'restarting' };
  #crashed = false;
  #goodSince = 0;

  constructor(port: MessagePort, host: ClientHost) {
    this.#port = port;
    this.#host = host;
  }

  /** @throws whatever making the first landmarker throws */
  async open(): Promise<void> {
    await this.#start(false);
    this.#port.onmessage = ({ data }: MessageEvent<DetectRequest>) => this.#detect(data);
  }

  close(): void {
    this.#end({ is: 'closed' });
    this.#port.close();
  }

  async #start(avoidGpu: boolean): Promise<void> {
    let own: Landmarker | null = null;
    // One that was closed loses its GPU too, and by then another one may run.
    const lost = (): void => {
      if (this.#state.is === 'running' && this.#state.landmarker === own) this.#restart(true);
    };
    const landmarker = await this.#host.make(lost, avoidGpu);
    own = landmarker;
    if (this.#state.is === 'restarting') this.#state = { is: 'running', landmarker };
    else landmarker.close();
  }

  #detect({ id, picture, timestamp }: DetectRequest): void {
    if (this.#state.is !== 'running') {
      picture.close();
      if (this.#state.is === 'restarting') this.#post({ type: 'missed', id });
      return;
    }
    const { landmarker } = this.#state;
    const begun = performance.now();
    try {
      const landmarks = landmarker.detect(picture, timestamp);
      const faces = landmarks.length / (LANDMARKS * 3);
      const answer = { type: 'faces', id, landmarks, faces, took: performance.now() - begun, delegate: landmarker.delegate } as const;
      this.#post(answer, [landmarks.buffer]);
      this.#goodSince += 1;
      if (this.#goodSince >= RECOVERED) this.#crashed = false;
    } catch (cause) {
      this.#post({ type: 'missed', id });
      this.#crash(cause);
    } finally {
      picture.close();
    }
  }

  #crash(cause: unknown): void {
    if (this.#crashed) {
      this.#fail('unsupported', `Face detection broke down twice: ${wordsOf(cause)}`);
      return;
    }
    this.#crashed = true;
    this.#goodSince = 0;
    this.#restart(false);
  }

  #restart(avoidGpu: boolean): void {
    if (this.#state.is !== 'running') return;
    const avoid = avoidGpu || this.#state.landmarker.delegate === 'GPU';
    this.#end({ is: 'restarting' });
    this.#start(avoid).catch((cause) => this.#fail('unsupported', `Face detection broke down and did not start again: ${wordsOf(cause)}`));
  }

  #fail(code: ErrorCode, message: string): void {
    if (this.#state.is === 'closed') return;
    this.#end({ is: 'failed' });
    this.#post({ type: 'failed', code, message });
  }

  #end(next: State): void {
    const { landmarker } = this.#state.is === 'running' ? this.#state : { landmarker: null };
    this.#state = next;
    landmarker?.close();
  }

  #post(answer: DetectAnswer, transfer: Transferable[] = []): void {
    this.#port.postMessage(answer, transfer);
  }
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
