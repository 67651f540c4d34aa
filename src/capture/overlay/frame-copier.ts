/**
 * Makes a frame's pixels its own. Chromium's MediaStreamTrackGenerator looks through a frame that was made of another one with another
 * timestamp, and carries the other's.
 */
export class FrameCopier {
  #canvas: OffscreenCanvas | null = null;

  /** Takes the frame over. */
  copy(frame: VideoFrame): VideoFrame {
    const { displayWidth: width, displayHeight: height, timestamp, duration } = frame;
    if (this.#canvas?.width !== width || this.#canvas.height !== height) this.#canvas = new OffscreenCanvas(width, height);
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (context === null) return frame;
    context.drawImage(frame, 0, 0, width, height);
    frame.close();
    return new VideoFrame(this.#canvas, { timestamp, ...(duration === null ? {} : { duration }) });
  }

  close(): void {
    this.#canvas = null;
  }
}
