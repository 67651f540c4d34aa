/**
 * Who draws on the frames of one line, and who does when that one fails.
 *
 *   empty ──overlays chosen──▶ seated ──none chosen──▶ idle ──{@link LINGER}──▶ empty
 *                              │  ▲                     └──chosen again──▶ seated
 *                 crashed, hung│  │the first time in {@link MEMORY}: another one
 *                              ▼  │
 *                             lost ──the second time──▶ given up, until overlays are chosen again: frames
 *                                                          pass as they are, or none where something was to be hidden
 *
 * A painter is a worker, and the page where a worker cannot run or an overlay is a function of the page. A page that hangs is waited for: there
 * is no other.
 */
import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import type { DetectionFigures, Face } from '../../vision/face.ts';
import type { VisionSettings } from '../../vision/overlay.ts';
import { isToHide } from '../../vision/overlay-registry.ts';
import { FaceSupply } from './face-supply.ts';
import type { LineHost } from './line-host.ts';
import type { ResolvedRequest } from './overlay-messages.ts';
import { openPagePainter, openWorkerPainter, type PainterHost, type PainterHostEvents } from './painter-host.ts';

/** A painter that nobody needs is kept for so long. */
const LINGER: Milliseconds = 5_000;
/** Overlays that take longer to be made, perhaps from a module on the network, are given up. */
const PATIENCE: Milliseconds = 10_000;
/** A painter that was lost longer ago says nothing of the next one. */
const MEMORY: Milliseconds = 60_000;

export interface PainterSeatOptions {
  readonly vision: VisionSettings;
  readonly host: 'auto' | 'page';
  readonly workerUrl?: string;
  notice(error: GlasscastError): void;
  faces?(faces: readonly Face[] | null): void;
}

interface Seated {
  readonly painter: PainterHost;
  readonly faces: FaceSupply;
  connected: boolean;
  /** One of its overlays is there to hide something. */
  hides: boolean;
}

export class PainterSeat {
  readonly #line: LineHost;
  readonly #options: PainterSeatOptions;
  #requests: readonly ResolvedRequest[] = [];
  #seated: Seated | null = null;
  #work: Promise<void> = Promise.resolve();
  #choices = 0;
  #lostAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #withoutWorker: boolean;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #detection: DetectionFigures | null = null;

  constructor(line: LineHost, options: PainterSeatOptions) {
    this.#line = line;
    this.#options = options;
    this.#withoutWorker = options.host === 'page';
  }

  get detection(): DetectionFigures | null {
    return this.#detection;
  }

  get runsIn(): 'worker' | 'page' | null {
    return this.#seated?.connected === true ? this.#seated.painter.runsIn : null;
  }

  /** Resolves when the next frame will be drawn on by these, or when that has failed and was told. */
  choose(requests: readonly ResolvedRequest[]): Promise<void> {
    this.#requests = requests;
    this.#lostAt = Number.NEGATIVE_INFINITY;
    const choice = ++this.#choices;
    const seated = this.#queue(async () => {
      // Overtaken before its turn.
      if (choice === this.#choices) await this.#seat();
    });
    // A painter that was lost meanwhile is followed by another one.
    return seated.then(() => this.#work);
  }

  /** The line has had no answer. */
  hung(): void {
    const seated = this.#seated;
    if (seated?.painter.runsIn !== 'page') {
      this.#lose(seated, new Error('no answer'));
      return;
    }
    seated.connected = false;
    this.#connect(seated);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#dismiss();
  }

  #queue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#closed) return;
      try {
        await work();
      } catch (cause) {
        this.#giveUp(cause);
      }
    });
    return this.#work;
  }

  async #seat(): Promise<void> {
    clearTimeout(this.#idle);
    const requests = this.#requests;
    if (requests.length === 0) {
      this.#line.setPainter(null);
      await this.#rest();
      return;
    }
    const place = this.#withoutWorker || requests.some(({ factory }) => factory !== undefined) ? 'page' : 'worker';
    const before = this.#seated;
    const next = before?.painter.runsIn === place ? before : await this.#open(place);
    if (this.#closed) {
      if (next !== before) dismiss(next);
      return;
    }
    this.#seated = next;
    try {
      next.hides = await within(PATIENCE, next.painter.setOverlays(requests));
      // Lost meanwhile.
      if (!this.#closed && this.#seated === next) this.#connect(next);
    } finally {
      // It has drawn until the next one could.
      if (before !== null && before !== next) dismiss(before);
    }
  }

  #connect(seated: Seated): void {
    if (seated.connected) return;
    seated.connected = true;
    const { port1, port2 } = new MessageChannel();
    seated.painter.connect(port1);
    this.#line.setPainter(port2);
  }

  async #rest(): Promise<void> {
    const seated = this.#seated;
    if (seated === null) return;
    seated.connected = false;
    this.#idle = setTimeout(() => this.#dismiss(), LINGER);
    await within(PATIENCE, seated.painter.setOverlays([]));
  }

  async #open(place: 'worker' | 'page'): Promise<Seated> {
    const { vision, workerUrl, notice } = this.#options;
    const options = {
      tellFaces: this.#options.faces !== undefined,
      ...(vision.detectRate === undefined ? {} : { detectRate: vision.detectRate }),
    };
    let seated: Seated | null = null;
    const events: PainterHostEvents = {
      needsFaces: (needed) => seated?.faces.need(needed),
      facesFailed: () => seated?.faces.release(),
      notice: (error) => notice(error),
      detection: (figures) => {
        if (this.#seated === seated) this.#detection = figures;
      },
      faces: (faces) => this.#options.faces?.(faces),
      crashed: (cause) => this.#lose(seated, cause),
    };
    const painter = await this.#openPainter(place, { ...options, ...(workerUrl === undefined ? {} : { workerUrl }) }, events);
    const faces = new FaceSupply(vision, (port) => painter.setLandmarker(port), notice);
    seated = { painter, faces, connected: false, hides: false };
    return seated;
  }

  async #openPainter(
    place: 'worker' | 'page',
    options: Parameters<typeof openWorkerPainter>[0],
    events: PainterHostEvents,
  ): Promise<PainterHost> {
    if (place === 'page') return await openPagePainter(options, events);
    try {
      return await openWorkerPainter(options, events);
    } catch {
      // No workers here, or forbidden by the page: it is slower on the page, and the same picture.
      this.#withoutWorker = true;
      return await openPagePainter(options, events);
    }
  }

  #lose(seated: Seated | null, cause: unknown): void {
    if (this.#closed || seated === null || seated !== this.#seated) return;
    this.#line.hold();
    const { hides } = seated;
    this.#dismiss();
    const now = performance.now();
    const again = now - this.#lostAt < MEMORY;
    this.#lostAt = now;
    if (again) {
      this.#giveUp(cause, hides);
      return;
    }
    this.#options.notice(new GlasscastError('aborted', 'The overlay stopped unexpectedly and was started again.', { cause }));
    void this.#queue(() => (this.#seated === null ? this.#seat() : Promise.resolve()));
  }

  #giveUp(cause: unknown, hid = false): void {
    this.#dismiss();
    // What is chosen may not have been made yet.
    const hides = hid || this.#requests.some(isToHide);
    if (hides) this.#line.hold();
    else this.#line.setPainter(null);
    const instead = hides ? 'no picture is sent' : 'the picture is sent without it';
    this.#options.notice(new GlasscastError('media', `The overlay does not run here: ${instead}.`, { cause }));
  }

  #dismiss(): void {
    if (this.#seated !== null) dismiss(this.#seated);
    this.#seated = null;
    this.#detection = null;
  }
}

function dismiss({ painter, faces }: Seated): void {
  faces.close();
  painter.close();
}

async function within<T>(patience: Milliseconds, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timeout = setTimeout(() => late.reject(new Error('the overlay took too long to start')), patience);
  return await Promise.race([work, late.promise]).finally(() => clearTimeout(timeout));
}
