/**
 * The newest picture of a feed, kept to be shown again. Chromium gives no more of a camera while two of its pictures are held anywhere, one of them
 * perhaps by somebody else: one that is not soon followed by another is exchanged for a copy.
 */
export class HeldPicture {
  #frame: VideoFrame | null = null;
  /** The one that is a copy, or is being copied. */
  #copied: VideoFrame | null = null;

  get frame(): VideoFrame | null {
    return this.#frame;
  }

  /** Takes the frame over. */
  keep(frame: VideoFrame | null): void {
    this.#frame?.close();
    this.#frame = frame;
  }

  /** Has a copy take its place, as soon as there is one. */
  giveBack(): void {
    const frame = this.#frame;
    if (frame === null || frame === this.#copied) return;
    this.#copied = frame;
    copyOf(frame).then(
      (copy) => {
        if (this.#frame === frame) {
          this.#copied = copy;
          this.keep(copy);
        } else copy.close();
      },
      // It was closed meanwhile, or its pixels are not to be had: what is shown again is the frame itself.
      () => undefined,
    );
  }
}

/** The same pixels in memory of their own: neither format nor colours change, of which an encoder would tell its viewers. */
async function copyOf(frame: VideoFrame): Promise<VideoFrame> {
  const { format, visibleRect, timestamp, displayWidth, displayHeight, colorSpace } = frame;
  // Not in every browser's types: the pixels are as the sensor lies.
  const { rotation = 0 } = frame as { readonly rotation?: number };
  if (format === null || visibleRect === null || rotation !== 0) throw new TypeError('Of this frame there is no copy.');
  const data = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(data);
  const { width: codedWidth, height: codedHeight } = visibleRect;
  return new VideoFrame(data, { format, codedWidth, codedHeight, layout, timestamp, displayWidth, displayHeight, colorSpace });
}
