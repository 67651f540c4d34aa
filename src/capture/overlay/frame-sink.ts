/** Where frames leave the line. */
export interface FrameSink {
  /** Takes the frame over. False where it came too fast and was let go. */
  write(frame: VideoFrame): boolean;
  close(): void;
}

/** Frames that may be on their way into the track: more would be a queue. */
const PENDING = 2;

/** Into the writable of a MediaStreamTrackGenerator or VideoTrackGenerator, which closes what it has taken. */
export class StreamSink implements FrameSink {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  readonly #broken: (cause: unknown) => void;
  #pending = 0;
  #closed = false;

  constructor(writable: WritableStream<VideoFrame>, broken: (cause: unknown) => void) {
    this.#writer = writable.getWriter();
    this.#broken = broken;
    this.#writer.closed.catch((cause: unknown) => this.#end(cause));
  }

  write(frame: VideoFrame): boolean {
    if (this.#closed || this.#pending >= PENDING) {
      frame.close();
      return false;
    }
    this.#pending++;
    this.#writer
      .write(frame)
      .catch((cause: unknown) => {
        frame.close();
        this.#end(cause);
      })
      .finally(() => {
        this.#pending--;
      });
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.abort().catch(() => undefined); // the track may have been stopped already
  }

  #end(cause: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#broken(cause);
  }
}
