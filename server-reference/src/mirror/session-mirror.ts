/** A session on its way to the target: its renditions, and the multivariant playlist once each of them has a playlist there. */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { PackagedSession } from '../origin/packaged-session.ts';
import type { Rendition } from '../packaging/rendition.ts';
import type { Segment } from '../packaging/segment.ts';
import { RenditionMirror } from './rendition-mirror.ts';
import type { Uploader } from './uploader.ts';

/** Its figures change with every segment, and players read it once. */
const INDEX_INTERVAL: Milliseconds = 30_000;

export interface SessionMirrorOptions {
  readonly uploader: Uploader;
  readonly clock: Clock;
  readonly window: Seconds;
  readonly deletes: boolean;
  /** Whether no newer session has taken the stream's index over. */
  readonly isNewest: () => boolean;
}

export class SessionMirror {
  readonly #packaged: PackagedSession;
  readonly #options: SessionMirrorOptions;
  readonly #renditions = new Map<string, RenditionMirror>();
  #index: { readonly text: string; readonly at: Milliseconds } | null = null;
  #indexing: Promise<unknown> = Promise.resolve();
  #cancelClearing: CancelTimer | null = null;

  constructor(packaged: PackagedSession, options: SessionMirrorOptions) {
    this.#packaged = packaged;
    this.#options = options;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#renditions.values()].map(({ idle }) => idle));
    await this.#indexing;
  }

  segment(rendition: Rendition, segment: Segment): void {
    // Nobody asks a mirror, so what is made on demand is not there.
    if (rendition.info.onDemand !== true) this.#mirror(rendition).add(segment);
  }

  end(cleared: () => void): void {
    for (const mirror of this.#renditions.values()) mirror.end();
    const { clock, deletes, window } = this.#options;
    if (!deletes || this.#packaged.archive !== null) void this.idle().then(cleared);
    else this.#cancelClearing = clock.after(2 * window * 1000, () => void this.#clear().then(cleared));
  }

  close(): void {
    this.#cancelClearing?.();
  }

  async #clear(): Promise<void> {
    const { uploader, isNewest } = this.#options;
    await this.idle();
    if (isNewest()) await uploader.remove(`${this.#packaged.stream}/index.m3u8`);
    for (const mirror of this.#renditions.values()) await mirror.clear();
  }

  #mirror(rendition: Rendition): RenditionMirror {
    const known = this.#renditions.get(rendition.info.id);
    if (known !== undefined) return known;
    const { stream, id, packager, archive } = this.#packaged;
    const { uploader, clock, window, deletes } = this.#options;
    const mirror = new RenditionMirror(rendition, {
      uploader,
      clock,
      window,
      folder: `${stream}/${id}/${rendition.info.id}`,
      zero: packager.info.zero,
      targetDuration: packager.targetDuration,
      event: archive !== null,
      deletes: deletes && archive === null,
      published: () => this.#putIndex(),
    });
    this.#renditions.set(rendition.info.id, mirror);
    return mirror;
  }

  #putIndex(): void {
    const { packager, stream } = this.#packaged;
    const { clock, uploader, isNewest } = this.#options;
    const isAwaited = (id: string): boolean =>
      (packager.rendition(id)?.track ?? null) !== null && this.#renditions.get(id)?.hasPlaylist !== true;
    const complete = !packager.info.renditions.some(({ id, onDemand }) => onDemand !== true && isAwaited(id));
    if (!complete || !packager.measured || !isNewest()) return;
    if (this.#index !== null && clock.now() - this.#index.at < INDEX_INTERVAL) return;
    const text = packager.multivariant(false, false);
    if (text === this.#index?.text) return;
    const index = { text, at: clock.now() };
    this.#index = index;
    const file = { path: `${stream}/index.m3u8`, body: text, type: 'application/vnd.apple.mpegurl', cacheControl: 'max-age=1' };
    this.#indexing = uploader.put(file, () => this.#index === index && isNewest());
  }
}
