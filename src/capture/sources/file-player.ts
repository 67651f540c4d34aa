import { GlasscastError } from '../../protocol/errors.ts';

/**
 * Plays a film or a song of the user's from an element that is not shown. It is not heard here: the microphone would take it up once more.
 */
export class FilePlayer {
  readonly element = globalThis.document.createElement('video');
  readonly #url: string;
  readonly #closing = new AbortController();

  private constructor(file: File, ended: () => void) {
    this.#url = URL.createObjectURL(file);
    this.element.muted = true;
    this.element.playsInline = true;
    this.element.preload = 'auto';
    this.element.addEventListener('ended', ended, { signal: this.#closing.signal });
  }

  /**
   * Resolves once it could be played.
   * @param ended it has played to its end
   * @throws GlasscastError `media` where the browser cannot play it
   */
  static async open(file: File, ended: () => void): Promise<FilePlayer> {
    const player = new FilePlayer(file, ended);
    try {
      await player.#load();
    } catch (cause) {
      player.close();
      throw new GlasscastError('media', `“${file.name}” is neither a film nor a song that this browser can play.`, { cause });
    }
    return player;
  }

  /** @throws GlasscastError `media` */
  async play(): Promise<void> {
    try {
      await this.element.play();
    } catch (cause) {
      throw new GlasscastError('media', 'The file could not be played.', { cause });
    }
  }

  close(): void {
    this.#closing.abort();
    this.element.pause();
    // Frees the decoder at once, and not when the element is collected.
    this.element.removeAttribute('src');
    this.element.load();
    URL.revokeObjectURL(this.#url);
  }

  #load(): Promise<void> {
    const { element } = this;
    return new Promise((resolve, reject) => {
      const { signal } = this.#closing;
      element.addEventListener('canplay', () => resolve(), { once: true, signal });
      element.addEventListener('error', () => reject(element.error), { once: true, signal });
      element.src = this.#url;
    });
  }
}
