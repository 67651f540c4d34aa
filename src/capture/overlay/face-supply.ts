import type { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import { type LandmarkerPort, openLandmarker } from '../../vision/landmarker.ts';
import type { VisionSettings } from '../../vision/overlay.ts';

/** Whoever turns an overlay off and on again waits for no model. */
const LINGER: Milliseconds = 3_000;

/**
 * A landmarker for one painter, while its overlays ask for faces.
 *
 *   none ──needed──▶ opening ──▶ open ──not needed──▶ lingering ──{@link LINGER}──▶ none
 *    ▲                  │         │ ▲                    │
 *    ├─ could not be ───┘         │ └───────needed───────┘
 *    └─ broke down ───────────────┘
 */
export class FaceSupply {
  readonly #settings: VisionSettings;
  readonly #deliver: (port: MessagePort | null) => void;
  readonly #failed: (error: GlasscastError) => void;
  #needed = false;
  #opening = false;
  #open: LandmarkerPort | null = null;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(settings: VisionSettings, deliver: (port: MessagePort | null) => void, failed: (error: GlasscastError) => void) {
    this.#settings = settings;
    this.#deliver = deliver;
    this.#failed = failed;
  }

  need(needed: boolean): void {
    this.#needed = needed;
    clearTimeout(this.#linger);
    if (!needed) this.#linger = setTimeout(() => this.release(), LINGER);
    else if (this.#open === null && !this.#opening) void this.#start();
  }

  /** Takes back what there is, which may have broken down: the next need opens another. */
  release(): void {
    clearTimeout(this.#linger);
    if (this.#open === null) return;
    this.#deliver(null);
    this.#open.close();
    this.#open = null;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#linger);
    this.#open?.close();
    this.#open = null;
  }

  async #start(): Promise<void> {
    this.#opening = true;
    try {
      const open = await openLandmarker(this.#settings);
      if (this.#closed) {
        open.close();
        return;
      }
      this.#open = open;
      this.#deliver(open.port);
      // It may be needed no longer by now.
      if (!this.#needed) this.need(false);
    } catch (error) {
      if (!this.#closed) this.#failed(error as GlasscastError);
    } finally {
      this.#opening = false;
    }
  }
}
