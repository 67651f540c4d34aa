/** A session's packager with those who wait for it, and its playlists as bytes, made once a version. */
import { gzipSync } from 'node:zlib';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Addressing } from '../packaging/mpd.ts';
import type { Packager, PackagingObserver } from '../packaging/packager.ts';
import type { Rendition } from '../packaging/rendition.ts';
import { ArrivalDelay } from './arrival-delay.ts';

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
  /** Resolves when everything that is packaged so far has been written, or never will be; after a moment in any case. */
  written(): Promise<void>;
}

/** Of one version: tokens are many where each viewer has one. */
const MOST_MANIFESTS = 16;

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
  readonly #wanted: (rendition: string) => void;
  /** By rendition, whether a token is carried, and whether it is a delta update. */
  readonly #playlists = new Map<string, { version: number; bytes: PlaylistBytes }>();
  /** MPDs of one version, by token. */
  readonly #manifests = new Map<string, PlaylistBytes>();
  #manifestVersion = -1;
  readonly #arrival: ArrivalDelay;

  /** @param wanted called whenever something of a rendition that is made on demand is asked for */
  constructor(stream: string, packager: Packager, clock: Clock, wanted: (rendition: string) => void = () => undefined) {
    this.stream = stream;
    this.packager = packager;
    this.#clock = clock;
    this.#wanted = wanted;
    this.#arrival = new ArrivalDelay(packager.info.zero, clock);
    packager.observe(this.#arrival);
  }

  get id(): string {
    return this.packager.info.id;
  }

  /** Requests that are being held. */
  get waiting(): number {
    return this.#waiters.size;
  }

  mediaPlaylist(rendition: Rendition, token: boolean, skip: boolean): PlaylistBytes {
    const key = `${rendition.info.id} ${token} ${skip}`;
    const cached = this.#playlists.get(key);
    if (cached?.version === rendition.version) return cached.bytes;
    const bytes = playlistBytes(this.packager.media(rendition, token, skip));
    this.#playlists.set(key, { version: rendition.version, bytes });
    return bytes;
  }

  /** The MPD, with this token in all that it names; null while there is nothing to play. */
  manifest(token: string | null, addressing: Addressing): PlaylistBytes | null {
    const { packager } = this;
    if (this.#manifestVersion !== packager.manifestVersion) {
      this.#manifestVersion = packager.manifestVersion;
      this.#manifests.clear();
    }
    const key = `${addressing} ${token ?? ''}`;
    const cached = this.#manifests.get(key);
    if (cached !== undefined) return cached;
    const availabilityStart = packager.info.zero + this.#arrival.frozen;
    const text = packager.manifest({ availabilityStart, now: this.#clock.now(), token, addressing });
    if (text === null) return null;
    const bytes = playlistBytes(text);
    if (this.#manifests.size < MOST_MANIFESTS) this.#manifests.set(key, bytes);
    return bytes;
  }

  /** To be called when something of the rendition is asked for: it may be made on demand. */
  asked(rendition: Rendition): void {
    if (rendition.info.onDemand === true) this.#wanted(rendition.info.id);
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
