import { GlasscastError } from '../../protocol/errors.ts';
import type { FrameSink } from './frame-sink.ts';

/** Firefox asks the stream for a frame, others its track. */
type Requester = { requestFrame?: () => void };

/**
 * A track of frames for browsers that cannot make one of frames: they are drawn on a canvas of the page, whose stream is asked for each of
 * them by itself. That goes on while the page is hidden, unlike a stream that has a rate of its own. The track's timestamps are the
 * browser's.
 */
export class CanvasOutput implements FrameSink {
  readonly track: MediaStreamTrack;
  readonly #canvas = globalThis.document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  readonly #request: () => void;

  /** @throws GlasscastError `unsupported` where a canvas has no stream */
  constructor() {
    const context = this.#canvas.getContext('2d', { alpha: false });
    const stream = typeof this.#canvas.captureStream === 'function' ? this.#canvas.captureStream(0) : null;
    const [track] = stream?.getVideoTracks() ?? [];
    if (context === null || stream === null || track === undefined)
      throw new GlasscastError('unsupported', 'This browser cannot draw on the picture that it sends.');
    this.#context = context;
    this.track = track;
    const requesters = [track as Requester, stream as Requester];
    this.#request = () => requesters.find(({ requestFrame }) => requestFrame !== undefined)?.requestFrame?.();
  }

  write(frame: VideoFrame): boolean {
    const { displayWidth: width, displayHeight: height } = frame;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context.drawImage(frame, 0, 0, width, height);
    frame.close();
    this.#request();
    return true;
  }

  close(): void {
    this.track.stop();
    this.#canvas.width = 0;
    this.#canvas.height = 0;
  }
}
