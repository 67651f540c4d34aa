/** The camera's own picture: what is looked at where the page gives no video. */
export class CameraPicture {
  readonly video = document.createElement('video');

  /** @param changed it shows something, or nothing, or another size */
  constructor(changed: () => void) {
    this.video.playsInline = true;
    this.video.muted = true;
    this.video.setAttribute('part', 'video');
    for (const type of ['loadeddata', 'emptied', 'resize']) this.video.addEventListener(type, changed);
  }

  get shows(): boolean {
    return this.video.videoWidth > 0 && this.video.srcObject !== null;
  }

  show(stream: MediaStream | null): void {
    this.video.srcObject = stream;
    // Interrupted by another stream, or not allowed yet: the picture comes with the next one.
    if (stream !== null) this.video.play().catch(() => undefined);
  }
}
