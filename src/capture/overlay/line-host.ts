import { toError } from '../publisher-events.ts';
import { feedsAreTransferable } from '../track-feeds.ts';
import { CanvasOutput } from './canvas-output.ts';
import { FrameLine, type LineEvents } from './frame-line.ts';
import { StreamSink } from './frame-sink.ts';
import type { FromOverlayWorker, ToLine } from './overlay-messages.ts';
import { type OverlayWorker, startOverlayWorker } from './overlay-worker.ts';

export interface LineHostEvents extends LineEvents {
  /** Nothing can be put out any longer: the track was ended by somebody else. */
  broken(cause: unknown): void;
}

/** A line, wherever it runs, and the track that it puts out. */
export interface LineHost {
  readonly track: MediaStreamTrack;
  setInput(feed: ReadableStream<VideoFrame> | null): void;
  setPainter(port: MessagePort | null): void;
  hold(): void;
  /** Ends the track. */
  close(): void;
}

const generates = (): boolean => feedsAreTransferable() && typeof MediaStreamTrackGenerator !== 'undefined';

/**
 * In a worker where tracks can be made of frames there, which needs nothing of the page's main thread from then on. Else on the page, where
 * a track is made of frames, or of a canvas.
 * @throws GlasscastError `unsupported` where there is no way to draw on a track
 */
export async function openLine(
  options: { readonly host: 'auto' | 'page'; readonly workerUrl?: string },
  events: LineHostEvents,
): Promise<LineHost> {
  if (!generates()) {
    const output = new CanvasOutput();
    return new PageLine(output.track, new FrameLine(output, events));
  }
  // Where no worker starts, whatever the reason, the page carries the frames: slower, and the same to see.
  const worker = options.host === 'page' ? null : await startOverlayWorker('frames', options.workerUrl).catch(() => null);
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  if (worker !== null) return new WorkerLine(track, worker, events);
  return new PageLine(track, new FrameLine(new StreamSink(track.writable, (cause) => events.broken(cause)), events));
}

class PageLine implements LineHost {
  readonly track: MediaStreamTrack;
  readonly #line: FrameLine;

  constructor(track: MediaStreamTrack, line: FrameLine) {
    this.track = track;
    this.#line = line;
  }

  setInput(feed: ReadableStream<VideoFrame> | null): void {
    this.#line.setInput(feed);
  }

  setPainter(port: MessagePort | null): void {
    this.#line.setPainter(port);
  }

  hold(): void {
    this.#line.hold();
  }

  close(): void {
    this.#line.close();
    this.track.stop();
  }
}

class WorkerLine implements LineHost {
  readonly track: MediaStreamTrack;
  readonly #worker: OverlayWorker;

  constructor(track: MediaStreamVideoTrackGenerator, worker: OverlayWorker, events: LineHostEvents) {
    this.track = track;
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromOverlayWorker>) => {
      if (data.type === 'painter-lost') events.painterLost();
      if (data.type === 'figures') events.figures(data.figures);
      if (data.type === 'input-ended') events.inputEnded();
      if (data.type === 'troubled') events.troubled(toError(data.error));
      if (data.type === 'broken') events.broken(toError(data.error));
    });
    // It goes on after what nobody has caught.
    worker.addEventListener('error', ({ message }) => events.troubled(new Error(message)));
    this.#post({ type: 'open-line', writable: track.writable }, [track.writable]);
  }

  setInput(feed: ReadableStream<VideoFrame> | null): void {
    this.#post({ type: 'input', feed }, feed === null ? [] : [feed]);
  }

  setPainter(port: MessagePort | null): void {
    this.#post({ type: 'painter', port }, port === null ? [] : [port]);
  }

  hold(): void {
    this.#post({ type: 'hold' });
  }

  close(): void {
    // It ends itself, so that it can close the frames that it holds.
    this.#post({ type: 'close-line' });
    this.track.stop();
  }

  #post(message: ToLine, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
