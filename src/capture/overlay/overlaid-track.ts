import { GlasscastError } from '../../protocol/errors.ts';
import type { DetectionFigures, Face } from '../../vision/face.ts';
import type { OverlayRequest, VisionSettings } from '../../vision/overlay.ts';
import { registeredOverlay } from '../../vision/overlay-registry.ts';
import { openVideoFeed } from '../track-feeds.ts';
import { type LineHost, type LineHostEvents, openLine } from './line-host.ts';
import type { LineFigures, ResolvedRequest } from './overlay-messages.ts';
import { PainterSeat } from './painter-seat.ts';

export interface OverlaidTrackOptions {
  readonly overlays: readonly OverlayRequest[];
  readonly vision: VisionSettings;
  /** A copy of `overlay.worker` on the page's own origin, for pages whose policy forbids `blob:` workers. */
  readonly workerUrl?: string;
  /** `page` runs everything on the page's main thread, as where no worker can; tests use it. @default 'auto' */
  readonly host?: 'auto' | 'page';
  /**
   * Something is not as it should be, and pictures go on; each is told once a choice of overlays. `media`: raw pictures pass, without what
   * should have been drawn. `aborted`: what draws died, and another one draws; nothing passed meanwhile. `invalid`: an overlay could not be
   * made. Of detection: `model-missing`, `network`, `unsupported`; overlays then draw without knowing of faces.
   */
  notice(error: GlasscastError): void;
  /** What each frame's faces are, while an overlay needs them: null where nothing is known. */
  faces?(faces: readonly Face[] | null): void;
}

/** As of the last half second. */
export interface OverlaidTrackFigures extends LineFigures {
  readonly detection: DetectionFigures | null;
  /** Where overlays draw; null while nothing is drawn. */
  readonly runsIn: 'worker' | 'page' | null;
}

/** A track that shows another one with overlays. */
export interface OverlaidTrack {
  /** The same for its life. It ends with {@link close} and with nothing else. */
  readonly track: MediaStreamTrack;
  /**
   * Shows another track from here on, or none: the picture is then black, and the output stays live. The same happens when an input ends by
   * itself. The input's `enabled` shows by itself, as black; its `contentHint` is taken over.
   */
  setInput(input: MediaStreamTrack | null): void;
  /** None: frames pass untouched. Resolves when the next frame is drawn on by these; what fails is told and left out. */
  setOverlays(overlays: readonly OverlayRequest[]): Promise<void>;
  readonly figures: OverlaidTrackFigures;
  /** Ends its own track; the input stays its owner's. */
  close(): void;
}

/**
 * Draws on a track's frames. Where tracks can be made of frames (Chromium), they run through workers and never touch the page's main thread;
 * elsewhere a canvas of the page carries them. Timestamps stay, sizes are followed, and what comes too fast is dropped, not queued. Any
 * failure lets the raw picture through and is told. Sound is not this track's business.
 *
 * Resolves as soon as pictures can flow: before the model for faces is there.
 * @throws GlasscastError `unsupported` where the browser has no way to draw on a track
 */
export async function openOverlaidTrack(input: MediaStreamTrack | null, options: OverlaidTrackOptions): Promise<OverlaidTrack> {
  const events: LineHostEvents = {
    painterLost: () => overlaid?.painterLost(),
    inputEnded: () => overlaid?.inputEnded(),
    troubled: (cause) => overlaid?.troubled(cause),
    figures: (figures) => overlaid?.told(figures),
    broken: () => overlaid?.close(),
  };
  let overlaid: RunningTrack | null = null;
  const { host = 'auto', workerUrl } = options;
  const line = await openLine({ host, ...(workerUrl === undefined ? {} : { workerUrl }) }, events);
  overlaid = new RunningTrack(line, { ...options, host });
  try {
    await overlaid.setOverlays(options.overlays);
    overlaid.setInput(input);
  } catch (error) {
    overlaid.close();
    throw error;
  }
  return overlaid;
}

class RunningTrack implements OverlaidTrack {
  readonly track: MediaStreamTrack;
  readonly #line: LineHost;
  readonly #seat: PainterSeat;
  readonly #notice: (error: GlasscastError) => void;
  #input: MediaStreamTrack | null = null;
  #figures: LineFigures = { framesIn: 0, framesOut: 0, dropped: 0, drawn: 0 };
  #told = new Set<string>();
  #closed = false;

  constructor(line: LineHost, options: OverlaidTrackOptions & { readonly host: 'auto' | 'page' }) {
    this.track = line.track;
    this.#line = line;
    this.#notice = (error) => {
      if (this.#closed || this.#told.has(error.message)) return;
      this.#told.add(error.message);
      options.notice(error);
    };
    this.#seat = new PainterSeat(line, { ...options, notice: this.#notice });
  }

  get figures(): OverlaidTrackFigures {
    return { ...this.#figures, detection: this.#seat.detection, runsIn: this.#seat.runsIn };
  }

  setInput(input: MediaStreamTrack | null): void {
    if (this.#closed || input === this.#input) return;
    // No frames can be had of one that has ended, not even none.
    const live = input?.readyState === 'live' ? input : null;
    this.#input = live;
    if (live !== null && live.contentHint !== '') this.track.contentHint = live.contentHint;
    this.#line.setInput(live === null ? null : openVideoFeed(live));
  }

  setOverlays(overlays: readonly OverlayRequest[]): Promise<void> {
    // Whoever chooses anew hears again of what fails.
    this.#told = new Set();
    return this.#seat.choose(overlays.map(resolved));
  }

  inputEnded(): void {
    // Another one may have been set meanwhile.
    if (this.#input?.readyState === 'ended') this.#input = null;
  }

  troubled(cause: unknown): void {
    this.#notice(new GlasscastError('media', 'A part of the picture was lost on its way.', { cause }));
  }

  painterLost(): void {
    this.#seat.hung();
  }

  told(figures: LineFigures): void {
    this.#figures = figures;
    // Somebody else has ended it, which is told to nobody.
    if (this.track.readyState === 'ended') this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#input = null;
    this.#seat.close();
    this.#line.close();
  }
}

function resolved(request: OverlayRequest): ResolvedRequest {
  const { name, options } = request;
  return { name, ...(options === undefined ? {} : { options }), ...registeredOverlay(name) };
}
