/**
 * One picture on its way from a device, screen or element to whoever sees it, with what is drawn on it meanwhile. What draws is opened with the
 * first overlay and the first picture, and let go of a while after the last overlay, since whoever tries effects goes to and fro:
 *
 *   raw ──overlays──▶ opening ──▶ overlaid ⇄ changing         no overlays, from any of them ──▶ raw
 *                        └── cannot be had ──▶ refused ──other overlays, or another picture to hide──▶ opening
 *
 * What is to be hidden does not leave before it is: while `opening` there is no picture, unless the bare one was seen already and nothing is to hide
 * it; `changing` to what hides, and `refused` it, there is none either.
 */
import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import type { OverlayRequest, VisionSettings } from '../../vision/overlay.ts';
import { isToHide } from '../../vision/overlay-registry.ts';
import { realmTimers, type TimerId, type Timers } from '../../workers/worker-timers.ts';

/** What is drawn, in order, and what that needs. */
export interface OverlaySettings {
  readonly overlays: readonly OverlayRequest[];
  readonly vision: VisionSettings;
  /** A copy of the drawing worker on the page's own origin, where `blob:` is forbidden. */
  readonly workerUrl?: string;
}

export interface OverlaidTrack {
  /** The same for its life. */
  readonly track: MediaStreamTrack;
  setInput(track: MediaStreamTrack | null): void;
  setOverlays(overlays: readonly OverlayRequest[]): Promise<void>;
  close(): void;
}

export type OpenOverlaidTrack = (
  input: MediaStreamTrack,
  options: OverlaySettings & { notice(error: GlasscastError): void },
) => Promise<OverlaidTrack>;

export interface OverlaidPictureHandler {
  /** The output is another than it was after the last call of `setInput` or `setOverlays`. */
  changed(): void;
  /** Something is wrong with what is drawn, and the picture goes on. */
  notice(error: GlasscastError): void;
  /** What is to hide somebody cannot be had: there is no picture. */
  refused(error: GlasscastError): void;
}

/** For people: what lies where is for developers. */
const NO_MODEL =
  'The server has no model that finds faces: nothing is drawn on them, and what hides them covers the whole picture. Whoever runs the server gets it with “npm run models”.';

/** What draws is kept for so long when nothing is to be drawn. */
const LINGER: Milliseconds = 3_000;

const hides = (settings: OverlaySettings | null): boolean => settings?.overlays.some(isToHide) ?? false;

export class OverlaidPicture {
  readonly #handler: OverlaidPictureHandler;
  readonly #open: OpenOverlaidTrack;
  readonly #timers: Timers;
  #input: MediaStreamTrack | null = null;
  /** Null: nothing is to be drawn. */
  #wanted: OverlaySettings | null = null;
  /** What is drawn, or could not be. */
  #settled: OverlaySettings | null = null;
  #overlaid: OverlaidTrack | null = null;
  /** What would draw again, and what it drew. */
  #resting: { readonly overlaid: OverlaidTrack; readonly settings: OverlaySettings; readonly timer: TimerId } | null = null;
  #isRefused = false;
  /** The bare picture was seen when overlays were first asked for. */
  #wasSeen = false;
  #settling: Promise<void> | null = null;
  #closed = false;

  constructor(handler: OverlaidPictureHandler, open: OpenOverlaidTrack, timers: Timers = realmTimers) {
    this.#handler = handler;
    this.#open = open;
    this.#timers = timers;
  }

  /** What may be seen. The same track for as long as anything is drawn, also when the input is another. */
  get output(): MediaStreamTrack | null {
    if (this.#wanted === null || this.#input === null) return this.#input;
    const isHidden = hides(this.#settled) || !hides(this.#wanted);
    if (this.#overlaid !== null) return isHidden ? this.#overlaid.track : null;
    return (this.#isRefused || this.#wasSeen) && !hides(this.#wanted) ? this.#input : null;
  }

  /** Resolves when what was asked for stands, or cannot be had. */
  get settled(): Promise<void> {
    return this.#settling ?? Promise.resolve();
  }

  setInput(track: MediaStreamTrack | null): void {
    if (this.#input === track || this.#closed) return;
    this.#input = track;
    this.#overlaid?.setInput(track);
    this.#resting?.overlaid.setInput(track);
    // Tried again with each picture that is not to be seen bare.
    if (track !== null && this.#isRefused && hides(this.#wanted)) this.#forget();
    this.#settle();
  }

  /** @param settings null: the bare picture */
  setOverlays(settings: OverlaySettings | null): void {
    const before = this.#wanted;
    const next = settings !== null && settings.overlays.length > 0 ? settings : null;
    if (this.#closed || JSON.stringify(next) === JSON.stringify(before)) return;
    this.#wasSeen = before === null ? this.#input !== null : this.#wasSeen && !hides(before);
    const left = this.#overlaid;
    const settled = this.#settled;
    // Detection that runs elsewhere takes another pipeline.
    const isLeft = next === null || groundsOf(next) !== groundsOf(before);
    if (isLeft || left === null) this.#forget();
    this.#wanted = next;
    if (next !== null) this.#takeUp(next);
    this.#handler.changed();
    // In the midst of a change nobody knows what it draws.
    if (next === null && this.#settling === null && left !== null && settled !== null) this.#rest(left, settled);
    else if (isLeft) left?.close();
    this.#settle();
  }

  /** The input goes on, and is whoever's it was. */
  close(): void {
    this.#closed = true;
    this.#input = null;
    this.#overlaid?.close();
    this.#dismiss();
    this.#forget();
  }

  #rest(overlaid: OverlaidTrack, settings: OverlaySettings): void {
    this.#dismiss();
    // It goes on drawing for nobody: each new reader of a camera costs a frame until the browser collects it.
    this.#resting = { overlaid, settings, timer: this.#timers.setTimeout(() => this.#dismiss(), LINGER) };
  }

  /** What rests draws again, where it can draw what is wanted. */
  #takeUp(wanted: OverlaySettings): void {
    const resting = this.#resting;
    if (this.#overlaid !== null || resting === null || groundsOf(resting.settings) !== groundsOf(wanted)) return;
    this.#resting = null;
    this.#timers.clearTimeout(resting.timer);
    this.#overlaid = resting.overlaid;
    this.#settled = sameDrawing(resting.settings, wanted) ? wanted : resting.settings;
  }

  #dismiss(): void {
    this.#timers.clearTimeout(this.#resting?.timer);
    this.#resting?.overlaid.close();
    this.#resting = null;
  }

  #forget(): void {
    this.#overlaid = null;
    this.#settled = null;
    this.#isRefused = false;
  }

  #settle(): void {
    if (this.#settling === null && this.#next !== null) this.#settling = this.#reach();
  }

  /** One step at a time, until what is drawn is what is wanted by then. */
  async #reach(): Promise<void> {
    for (let wanted = this.#next; wanted !== null; wanted = this.#next) {
      if (this.#overlaid !== null) await this.#change(this.#overlaid, wanted);
      else if (this.#input !== null) await this.#begin(this.#input, wanted);
    }
    this.#settling = null;
  }

  /** What is to be drawn and is not yet; null where there is nothing to do. */
  get #next(): OverlaySettings | null {
    const canAct = !this.#closed && (this.#overlaid !== null || this.#input !== null);
    return canAct && this.#wanted !== this.#settled ? this.#wanted : null;
  }

  async #begin(input: MediaStreamTrack, wanted: OverlaySettings): Promise<void> {
    let overlaid: OverlaidTrack | null = null;
    let bare: GlasscastError | null = null;
    const notice = (error: GlasscastError): void => {
      // Of detection that fails the overlay itself makes the best; what fails to draw lets the picture through.
      if (overlaid !== null && overlaid === this.#resting?.overlaid) this.#dismiss();
      else if (error.code !== 'media' || !hides(this.#wanted)) this.#tell(error);
      else if (overlaid === null) bare = error;
      else if (overlaid === this.#overlaid) this.#fail(this.#wanted, error);
    };
    try {
      overlaid = await this.#open(input, { ...wanted, notice });
      if (bare !== null) {
        overlaid.close();
        throw bare;
      }
    } catch (cause) {
      // Else it has failed for a picture that has ended, or for what nobody wants any more.
      if (!this.#closed && this.#wanted === wanted && this.#input === input) this.#fail(wanted, cause);
      return;
    }
    describeBy(overlaid.track, () => this.#input);
    if (this.#closed) return overlaid.close();
    if (this.#input !== input) overlaid.setInput(this.#input);
    if (this.#wanted === null) return this.#rest(overlaid, wanted);
    if (groundsOf(this.#wanted) !== groundsOf(wanted)) return overlaid.close();
    this.#overlaid = overlaid;
    this.#settled = wanted;
    this.#handler.changed();
  }

  async #change(overlaid: OverlaidTrack, wanted: OverlaySettings): Promise<void> {
    try {
      await overlaid.setOverlays(wanted.overlays);
    } catch (cause) {
      if (this.#overlaid === overlaid && this.#wanted === wanted && !this.#closed) this.#fail(wanted, cause);
      return;
    }
    if (this.#overlaid !== overlaid) return;
    this.#settled = wanted;
    this.#handler.changed();
  }

  #tell(error: GlasscastError): void {
    if (this.#closed) return;
    const { code, details } = error;
    this.#handler.notice(code === 'model-missing' ? new GlasscastError(code, NO_MODEL, { cause: error, details }) : error);
  }

  #fail(wanted: OverlaySettings | null, cause: unknown): void {
    // What it draws by now is anybody's guess.
    this.#overlaid?.close();
    this.#overlaid = null;
    this.#settled = wanted;
    this.#isRefused = true;
    const code = cause instanceof GlasscastError ? cause.code : 'unsupported';
    if (hides(wanted)) {
      const words = 'What hides faces does not run here, so the picture is not sent. Try again, or choose another effect.';
      this.#handler.refused(new GlasscastError(code, words, { cause, details: { hides: true } }));
    } else {
      this.#handler.notice(
        new GlasscastError(code, 'What is to be drawn on the picture does not run here; it is sent as it is.', { cause }),
      );
    }
    this.#handler.changed();
  }
}

const sameDrawing = (one: OverlaySettings, other: OverlaySettings): boolean => JSON.stringify(one) === JSON.stringify(other);

const groundsOf = (settings: OverlaySettings | null): string => JSON.stringify([settings?.vision, settings?.workerUrl]);

/** A track that was made here knows neither the size nor the side of the camera, by which whoever shows one's own picture mirrors it. */
function describeBy(track: MediaStreamTrack, input: () => MediaStreamTrack | null): void {
  const own = track.getSettings.bind(track);
  track.getSettings = () => ({ ...input()?.getSettings(), ...own() });
}
