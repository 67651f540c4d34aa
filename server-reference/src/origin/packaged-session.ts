/** A session's packager with those who wait for it, and its playlists as bytes, made once a version. */
import { gzipSync } from 'node:zlib';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Packager, PackagingObserver } from '../packaging/packager.ts';
import type { Rendition } from '../packaging/rendition.ts';

export interface PlaylistBytes {
  readonly plain: Buffer;
  /** Compressed when first asked for. */
  gzip(): Buffer;
}

/** Small texts that change several times a second: most of the cost is setting a compressor up, which smaller tables make a third. */
const GZIP = { level: 3, windowBits: 13, memLevel: 5 } as const;

export function playlistBytes(text: string): PlaylistBytes {
  const plain = Buffer.from(text);
  let compressed: Buffer | null = null;
  return {
    plain,
    gzip: () => {
      compressed ??= gzipSync(plain, GZIP);
      return compressed;
    },
  };
}

/** Media of a session that memory no longer holds. */
export interface Archive {
  segment(rendition: string, msn: number): Promise<Buffer | null>;
  init(rendition: string, epoch: number): Promise<Buffer | null>;
  /** Resolves when everything that is packaged so far has been written, or never will be. */
  written(): Promise<void>;
}

export type WaitResult = 'ready' | 'timeout' | 'gone';

interface Waiter {
  readonly ready: () => boolean;
  readonly wake: () => void;
}

export class PackagedSession {
  readonly stream: string;
  readonly packager: Packager;
  /** Set by whoever keeps the session's media on disk. */
  archive: Archive | null = null;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  /** By rendition and whether a token is carried. */
  readonly #playlists = new Map<string, { version: number; bytes: PlaylistBytes }>();

  constructor(stream: string, packager: Packager, clock: Clock) {
    this.stream = stream;
    this.packager = packager;
    this.#clock = clock;
  }

  get id(): string {
    return this.packager.info.id;
  }

  /** Requests that are being held. */
  get waiting(): number {
    return this.#waiters.size;
  }

  mediaPlaylist(rendition: Rendition, token: boolean): PlaylistBytes {
    const key = `${rendition.info.id} ${token}`;
    const cached = this.#playlists.get(key);
    if (cached?.version === rendition.version) return cached.bytes;
    const bytes = playlistBytes(this.packager.media(rendition, token));
    this.#playlists.set(key, { version: rendition.version, bytes });
    return bytes;
  }

  /** Tells `observer` of everything that is packaged from now on, until the returned function is called. */
  observe(observer: PackagingObserver): () => void {
    return this.packager.observe(observer);
  }

  /** To be called after every change: wakes those whose wait is over. */
  changed(): void {
    for (const waiter of this.#waiters) if (waiter.ready()) waiter.wake();
  }

  /** Resolves as soon as `ready` holds, `timeout` has passed, or the client is gone. */
  wait(ready: () => boolean, timeout: Milliseconds, signal: AbortSignal): Promise<WaitResult> {
    if (ready()) return Promise.resolve('ready');
    if (signal.aborted) return Promise.resolve('gone');
    return new Promise((resolve) => {
      const finish = (result: WaitResult): void => {
        this.#waiters.delete(waiter);
        cancelTimeout();
        signal.removeEventListener('abort', gone);
        resolve(result);
      };
      const waiter: Waiter = { ready, wake: () => finish('ready') };
      const gone = (): void => finish('gone');
      const cancelTimeout = this.#clock.after(timeout, () => finish('timeout'));
      signal.addEventListener('abort', gone, { once: true });
      this.#waiters.add(waiter);
    });
  }
}
