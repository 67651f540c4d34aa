/**
 * What the viewers see: the main feed, with another over it, or a card; on one timeline, whatever feeds it.
 *
 *            a frame of the main feed                    no frame for STILL
 *   waiting ─────────────────────────▶ flowing ──────────────────────────▶ standing (the last picture is repeated)
 *                                       │  ▲ ◀───────────── a frame ─────────────┘
 *          the main feed ends, is gone  ▼  │ a frame of another
 *                                      missing (a card without words)
 *   A card that was asked for goes over all of them.
 */
import type { Milliseconds, Ticks } from '../../protocol/units.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';
import { FeedReader } from '../feed-reader.ts';
import { FeedTimeline } from '../feed-timeline.ts';
import type { Card, PictureFeed } from '../publisher-events.ts';
import { Compositor } from './compositor.ts';
import { HeldPicture } from './held-picture.ts';
import { lookOf, type PictureLook } from './picture-look.ts';

export interface PictureSceneOptions {
  readonly now: () => Milliseconds;
  readonly timers: Timers;
  /** Wall clock at 0 of the timeline; null before the first frame. */
  readonly origin: () => Milliseconds | null;
  /**
   * Takes over the frame.
   *
   * @param made here and now rather than captured: it says nothing of a camera's clock
   */
  readonly frame: (frame: VideoFrame, made: boolean) => void;
  /** A feed has ended by itself or broke. */
  readonly ended: (input: 'main' | 'inset', cause: unknown) => void;
  /**
   * The main feed goes on and gives nothing: right for a screen, not for a camera. Told again and again.
   *
   * @param times since its last frame
   */
  readonly stands: (times: number) => void;
}

type State = 'waiting' | 'flowing' | 'standing' | 'missing';

/** Cameras in the dark are slow; beyond this, none is. Screens and canvases give frames only when something changes. */
const STILL: Milliseconds = 400;
/** So long a picture of the feed itself is held that no other follows. */
const HELD: Milliseconds = 100;
const TICK: Milliseconds = 33;
/** No camera is that slow. */
const STANDS: Milliseconds = 2_000;
/** Who ticks so seldom was frozen itself, and frames wait to be read. */
const FROZEN: Milliseconds = 500;
/** Ticks come a little early or late. */
const EARLY: Milliseconds = 8;
/**
 * What is made comes as often as the camera's frames did: the server's grid of frames takes half a second to follow another rate. Repeating
 * a drawn card costs the encoder next to nothing.
 */
const FASTEST: Milliseconds = 33;
const SLOWEST: Milliseconds = 200;
const RATE_WEIGHT = 0.1;
/** Before any picture has come. */
const DEFAULT_LOOK: PictureLook = { width: 1280, height: 720, colours: null };

export class PictureScene {
  readonly #options: PictureSceneOptions;
  readonly #timeline: FeedTimeline;
  readonly #compositor = new Compositor();
  readonly #ticker: TimerId;
  #state: State = 'waiting';
  #main: FeedReader<VideoFrame> | null = null;
  #inset: FeedReader<VideoFrame> | null = null;
  #card: Card | null = null;
  readonly #lastMain = new HeldPicture();
  #lastInset: VideoFrame | null = null;
  /** Of the newest picture. */
  #look = DEFAULT_LOOK;
  #interval: Milliseconds = FASTEST;
  #mainAt: Milliseconds = 0;
  #emittedAt: Milliseconds = Number.NEGATIVE_INFINITY;
  /** When the main feed gave something, began, or was last told to stand. */
  #heardAt: Milliseconds = 0;
  #stood = 0;
  #tickedAt: Milliseconds = 0;

  constructor(options: PictureSceneOptions) {
    this.#options = options;
    this.#timeline = new FeedTimeline(options.origin);
    this.#ticker = options.timers.setInterval(() => this.#tick(), TICK);
  }

  /** Another main feed from here on; null shows a card. */
  setMain(feed: PictureFeed | null): void {
    this.#main?.close();
    this.#main = null;
    this.#timeline.restart();
    this.#heardAt = this.#options.now();
    if (feed === null) this.#lose();
    else this.#main = this.#read('main', feed, (frame) => this.#onMain(frame));
  }

  /** A feed that is drawn over the main one; null takes it away. */
  setInset(feed: PictureFeed | null): void {
    this.#inset?.close();
    this.#inset = null;
    this.#keepInset(null);
    if (feed !== null) this.#inset = this.#read('inset', feed, (frame) => this.#onInset(frame));
  }

  setCard(card: Card | null): void {
    this.#card = card;
    this.#tick();
  }

  close(): void {
    this.#options.timers.clearInterval(this.#ticker);
    this.#main?.close();
    this.#inset?.close();
    this.#lastMain.keep(null);
    this.#keepInset(null);
    this.#compositor.close();
  }

  #read(input: 'main' | 'inset', feed: PictureFeed, frame: (frame: VideoFrame) => void): FeedReader<VideoFrame> {
    const reader = new FeedReader(feed, {
      frame,
      ended: (cause) => {
        if (input === 'main') this.setMain(null);
        else this.setInset(null);
        this.#options.ended(input, cause);
      },
    });
    return reader;
  }

  #onMain(frame: VideoFrame): void {
    const now = this.#options.now();
    if (this.#state === 'flowing') this.#observe(now - this.#mainAt);
    this.#mainAt = now;
    this.#heardAt = now;
    this.#stood = 0;
    this.#look = lookOf(frame);
    this.#state = 'flowing';
    this.#lastMain.keep(frame.clone());
    // Under a card its times still are this feed's: they are placed when it is shown.
    const timestamp = this.#card === null ? this.#timeline.place(frame.timestamp, now) : null;
    if (timestamp === null) frame.close();
    else this.#show(frame, timestamp, now);
  }

  #onInset(frame: VideoFrame): void {
    this.#keepInset(frame);
    const now = this.#options.now();
    // Over a picture that stands, the smaller one goes on moving.
    if (this.#state === 'missing' || this.#card !== null || now - this.#emittedAt < 2 * this.#interval) return;
    this.#repeat(now);
  }

  #show(frame: VideoFrame, timestamp: Ticks, now: Milliseconds): void {
    this.#emittedAt = now;
    const inset = this.#lastInset;
    if (inset === null && frame.timestamp === timestamp) {
      this.#options.frame(frame, false);
      return;
    }
    const shown = inset === null ? new VideoFrame(frame, { timestamp }) : this.#compositor.compose(frame, inset, timestamp);
    frame.close();
    this.#options.frame(shown, false);
  }

  #repeat(now: Milliseconds): void {
    const main = this.#lastMain.frame;
    if (main === null) return;
    const timestamp = this.#timeline.placeMade(now);
    const inset = this.#lastInset;
    this.#emittedAt = now;
    this.#options.frame(inset === null ? new VideoFrame(main, { timestamp }) : this.#compositor.compose(main, inset, timestamp), true);
  }

  #tick(): void {
    const now = this.#options.now();
    this.#listen(now);
    if (now - this.#mainAt > HELD) this.#lastMain.giveBack();
    if (this.#state === 'flowing' && now - this.#mainAt > STILL) this.#state = 'standing';
    if (now - this.#emittedAt < this.#interval - EARLY) return;
    if (this.#card !== null || this.#state === 'missing') {
      this.#emittedAt = now;
      this.#options.frame(this.#compositor.card(this.#card, this.#look, this.#timeline.placeMade(now)), true);
    } else if (this.#state === 'standing') {
      this.#repeat(now);
    }
  }

  #listen(now: Milliseconds): void {
    if (now - this.#tickedAt > FROZEN) this.#heardAt = now;
    this.#tickedAt = now;
    if (this.#main === null || now - this.#heardAt < STANDS) return;
    this.#heardAt = now;
    this.#options.stands(++this.#stood);
  }

  #lose(): void {
    this.#state = 'missing';
    this.#lastMain.keep(null);
    this.#tick();
  }

  #observe(interval: Milliseconds): void {
    const usual = Math.min(Math.max(interval, FASTEST), SLOWEST);
    this.#interval += RATE_WEIGHT * (usual - this.#interval);
  }

  #keepInset(frame: VideoFrame | null): void {
    this.#lastInset?.close();
    this.#lastInset = frame;
  }
}
