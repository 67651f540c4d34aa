/** A track whose frames a test writes, one at a time. Runs in the page. */
export class FrameSource {
  readonly track = new MediaStreamTrackGenerator({ kind: 'video' });
  /** The newest timestamp. */
  sent = 1;
  readonly #writer = this.track.writable.getWriter();

  /** A blue picture, or one of one's own. */
  async send(timestamp: number, width = 320, height = 240, picture?: CanvasImageSource): Promise<void> {
    this.sent = timestamp;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('no canvas');
    context.fillStyle = '#00f';
    context.fillRect(0, 0, width, height);
    if (picture !== undefined) context.drawImage(picture, 0, 0, width, height);
    await this.#writer.write(new VideoFrame(canvas, { timestamp, duration: 20_000 }));
  }

  stop(): void {
    this.track.stop();
  }
}
