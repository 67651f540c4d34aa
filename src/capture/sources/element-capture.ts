import { GlasscastError } from '../../protocol/errors.ts';
import type { CapturableElement } from './source-choice.ts';

interface MediaCapture {
  captureStream?: () => MediaStream;
  /** Firefox's name for it. */
  mozCaptureStream?: () => MediaStream;
}

/** The picture and the sound of an element of the page, as they come and go with what it plays. */
export class ElementCapture {
  readonly element: CapturableElement;
  readonly #stream: MediaStream;
  readonly #closing = new AbortController();
  readonly #followed = new WeakSet<MediaStreamTrack>();
  readonly #changed: () => void;

  /**
   * @param changed another track plays than before, or none
   * @throws GlasscastError `invalid` where the element shows what another site has not released, `unsupported` where the browser cannot
   * capture such an element
   */
  constructor(element: CapturableElement, changed: () => void) {
    this.element = element;
    this.#changed = changed;
    this.#stream = capture(element);
    const { signal } = this.#closing;
    this.#stream.addEventListener('addtrack', () => this.#tracksChanged(), { signal });
    this.#stream.addEventListener('removetrack', () => this.#tracksChanged(), { signal });
    this.#follow();
  }

  get video(): MediaStreamTrack | null {
    return this.#live('video');
  }

  get audio(): MediaStreamTrack | null {
    return this.#live('audio');
  }

  /** Whether it shows anything, or may once it has loaded. */
  get hasPicture(): boolean {
    return hasPicture(this.element);
  }

  /** The element itself goes on. */
  close(): void {
    this.#closing.abort();
    for (const track of this.#stream.getTracks()) track.stop();
  }

  #live(kind: string): MediaStreamTrack | null {
    return this.#stream.getTracks().find((track) => track.kind === kind && track.readyState === 'live') ?? null;
  }

  #tracksChanged(): void {
    this.#follow();
    this.#changed();
  }

  #follow(): void {
    for (const track of this.#stream.getTracks()) {
      if (this.#followed.has(track)) continue;
      this.#followed.add(track);
      track.addEventListener('ended', () => this.#changed(), { once: true, signal: this.#closing.signal });
    }
  }
}

/** A song, and a film that turns out to be one, leaves the picture to the camera. */
function hasPicture(element: CapturableElement): boolean {
  if (element instanceof HTMLCanvasElement) return true;
  if (!(element instanceof HTMLVideoElement)) return false;
  return element.readyState < HTMLMediaElement.HAVE_METADATA || element.videoWidth > 0;
}

function capture(element: CapturableElement): MediaStream {
  const { captureStream, mozCaptureStream } = element as MediaCapture;
  const take = captureStream ?? mozCaptureStream;
  if (take === undefined)
    throw new GlasscastError('unsupported', 'This browser cannot broadcast what a page plays. Share its tab instead.');
  try {
    return take.call(element);
  } catch (cause) {
    const isForeign = cause instanceof DOMException && cause.name === 'SecurityError';
    throw isForeign
      ? new GlasscastError('invalid', 'What this element shows belongs to another site, which does not let this page use it.', { cause })
      : new GlasscastError('media', 'What this element shows cannot be broadcast.', { cause });
  }
}
