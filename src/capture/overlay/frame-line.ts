/**
 * Frames from an input to an output, past whoever draws on them.
 *
 *   input ──▶ waiting (at most one, the newest) ──▶ in flight, at the painter (at most one) ──▶ output
 *         └───────────── no painter: as it is ─────────────────────────────────────────────▶
 *
 * What the painter is, as the line knows it:
 *
 *   held ──setPainter(port)──▶ painted ──no answer for {@link PATIENCE}──▶ held, and `painterLost` is told
 *     └────setPainter(null)──▶ raw ◀─────setPainter(null)── painted
 *
 * While it is held nothing is put out: a face that is to be hidden is not shown for the moment that another painter takes to start.
 */
import type { Milliseconds } from '../../protocol/units.ts';
import { FeedReader } from '../feed-reader.ts';
import { blackFrame } from './black-frame.ts';
import { FrameCopier } from './frame-copier.ts';
import type { FrameSink } from './frame-sink.ts';
import type { FrameToPaint, LineFigures, PaintedFrame } from './overlay-messages.ts';
import { SteadyTimeline } from './steady-timeline.ts';

/** A painter that holds a frame for so long hangs, or is gone. */
const PATIENCE: Milliseconds = 1_500;
/** At most so often figures are told. */
const FIGURES_EVERY: Milliseconds = 500;

export interface LineEvents {
  painterLost(): void;
  /** The input has ended by itself; the output shows nothing and goes on. */
  inputEnded(): void;
  /** Something failed that should not; frames go on. */
  troubled(cause: unknown): void;
  figures(figures: LineFigures): void;
}

type Painting = 'held' | 'raw' | 'painted';

export class FrameLine {
  readonly #sink: FrameSink;
  readonly #events: LineEvents;
  readonly #now: () => Milliseconds;
  readonly #timeline = new SteadyTimeline();
  readonly #copier = new FrameCopier();
  readonly #figures = { framesIn: 0, framesOut: 0, dropped: 0, drawn: 0 };
  #toldAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #input: FeedReader<VideoFrame> | null = null;
  #painting: Painting = 'held';
  #port: MessagePort | null = null;
  #sentAt: Milliseconds | null = null;
  /** The input of the frame that is in flight. */
  #sentOf: FeedReader<VideoFrame> | null = null;
  /** The painter has had no frame of this input. */
  #begins = true;
  #waiting: VideoFrame | null = null;
  #size: { readonly width: number; readonly height: number } | null = null;

  constructor(sink: FrameSink, events: LineEvents, now: () => Milliseconds = () => performance.now()) {
    this.#sink = sink;
    this.#events = events;
    this.#now = now;
  }

  /** Goes on with other frames, or shows nothing: one black picture, since what was last seen would stand for ever. */
  setInput(feed: ReadableStream<VideoFrame> | null): void {
    this.#input?.close();
    this.#input = null;
    this.#dropWaiting();
    this.#begins = true;
    this.#timeline.begin();
    if (feed === null) {
      this.#blank();
      return;
    }
    const input = new FeedReader<VideoFrame>(feed, {
      frame: (frame) => this.#take(frame),
      ended: (cause) => {
        if (this.#input !== input) return;
        this.setInput(null);
        this.#events.inputEnded();
        if (cause !== null) this.#events.troubled(cause);
      },
    });
    this.#input = input;
  }

  /** Who draws from here on; null: nobody, frames pass as they are. It takes the port over. */
  setPainter(port: MessagePort | null): void {
    this.#letGo();
    this.#painting = port === null ? 'raw' : 'painted';
    this.#port = port;
    this.#begins = true;
    if (port === null) {
      // It came while something was to be drawn on it, perhaps to hide what is on it.
      this.#dropWaiting();
      return;
    }
    port.onmessage = ({ data }: MessageEvent<PaintedFrame>) => this.#painted(port, data);
    this.#sendWaiting();
  }

  /** Puts nothing out until a painter is set. */
  hold(): void {
    this.#letGo();
    this.#painting = 'held';
  }

  close(): void {
    this.#input?.close();
    this.#input = null;
    this.hold();
    this.#dropWaiting();
    this.#copier.close();
    this.#sink.close();
  }

  #take(arrived: VideoFrame): void {
    this.#figures.framesIn++;
    try {
      const frame = this.#timed(arrived);
      if (this.#painting === 'raw') this.#put(frame);
      else {
        this.#dropWaiting();
        this.#waiting = frame;
        if (this.#sentAt !== null && this.#now() - this.#sentAt > PATIENCE) this.#lose();
        else this.#sendWaiting();
      }
    } catch (cause) {
      // One frame is lost; the next may do.
      arrived.close();
      this.#figures.dropped++;
      this.#events.troubled(cause);
    }
    this.#tell();
  }

  #timed(frame: VideoFrame): VideoFrame {
    this.#size = { width: frame.displayWidth, height: frame.displayHeight };
    const timestamp = this.#timeline.follow(frame.timestamp);
    if (timestamp === frame.timestamp) return frame;
    const moved = new VideoFrame(frame, { timestamp });
    frame.close();
    return moved;
  }

  #sendWaiting(): void {
    const frame = this.#waiting;
    if (this.#port === null || this.#sentAt !== null || frame === null) return;
    this.#waiting = null;
    this.#sentAt = this.#now();
    this.#sentOf = this.#input;
    this.#port.postMessage({ frame, begins: this.#begins } satisfies FrameToPaint, [frame]);
    this.#begins = false;
  }

  #painted(port: MessagePort, { frame, drawn }: PaintedFrame): void {
    if (port !== this.#port) {
      frame.close();
      return;
    }
    this.#sentAt = null;
    // Of an input that is gone: it would come after what has taken its place, in another time.
    if (this.#input === null || this.#sentOf !== this.#input) {
      frame.close();
      this.#figures.dropped++;
    } else if (this.#put(frame, drawn) && drawn) {
      this.#figures.drawn++;
    }
    this.#sendWaiting();
  }

  #lose(): void {
    this.hold();
    this.#events.painterLost();
  }

  #letGo(): void {
    // An answer that is still on its way goes nowhere, and its frame with it.
    this.#port?.close();
    this.#port = null;
    if (this.#sentAt !== null) this.#figures.dropped++;
    this.#sentAt = null;
  }

  #dropWaiting(): void {
    if (this.#waiting === null) return;
    this.#waiting.close();
    this.#waiting = null;
    this.#figures.dropped++;
  }

  #put(frame: VideoFrame, drawn = false): boolean {
    const put = this.#sink.write(this.#timeline.shifted && !drawn ? this.#copier.copy(frame) : frame);
    if (put) this.#figures.framesOut++;
    else this.#figures.dropped++;
    return put;
  }

  #blank(): void {
    if (this.#size === null) return;
    const { width, height } = this.#size;
    this.#sink.write(blackFrame(width, height, this.#timeline.next()));
  }

  #tell(): void {
    const now = this.#now();
    if (now - this.#toldAt < FIGURES_EVERY) return;
    this.#toldAt = now;
    this.#events.figures({ ...this.#figures });
  }
}
