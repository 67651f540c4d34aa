/** Plays HLS with what the browser brings along: only where Media Source Extensions are missing. The browser holds its own latency. */
import { GlasscastError, type Seconds } from '../protocol/index.ts';
import { PlaybackEngine, type PlaybackLevel } from './engine.ts';

/** Safari's addition to HTMLMediaElement: the date of media time 0, by EXT-X-PROGRAM-DATE-TIME. */
interface WithStartDate {
  getStartDate?(): Date;
}

const NO_LEVELS: readonly PlaybackLevel[] = [];

export class NativeHlsEngine extends PlaybackEngine {
  readonly name = 'native';
  /** Kept for whoever reads it back; the browser takes no such wish. */
  targetLatency: Seconds | null = null;
  readonly aimedLatency = null;
  /** The browser neither tells nor lets choose its levels. */
  readonly levels = NO_LEVELS;
  #video: HTMLVideoElement | null = null;
  #url: string | null = null;
  #listening: AbortController | null = null;
  #stalls = 0;
  #played = false;
  #live = false;

  get selectedLevel(): number {
    return -1;
  }

  get stalls(): number {
    return this.#stalls;
  }

  get latency(): Seconds | null {
    const video = this.#video;
    if (!this.#live || video === null || video.seekable.length === 0) return null;
    return video.seekable.end(video.seekable.length - 1) - video.currentTime;
  }

  get playingDate(): Date | null {
    const video: (HTMLVideoElement & WithStartDate) | null = this.#video;
    const start = video?.getStartDate?.().getTime();
    if (video === null || start === undefined || Number.isNaN(start)) return null;
    return new Date(start + video.currentTime * 1000);
  }

  attach(video: HTMLVideoElement): void {
    if (this.#video !== null) throw new Error('the engine has an element already');
    this.#video = video;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    video.addEventListener('loadedmetadata', () => this.#ready(video), { signal });
    video.addEventListener('ended', () => this.#ended(), { signal });
    video.addEventListener('error', () => this.#failed(video), { signal });
    video.addEventListener('waiting', () => this.#waiting(video), { signal });
    video.addEventListener('playing', () => this.#playing(), { signal });
    if (this.#url !== null) this.load(this.#url);
  }

  load(url: string): void {
    this.#url = url;
    this.#stalls = 0;
    this.#played = false;
    this.#live = false;
    if (this.#video !== null) this.#video.src = url;
  }

  destroy(): void {
    this.#listening?.abort();
    if (this.#video !== null) {
      // HTML, "best practices for authors using media elements": this frees the decoder and ends the download.
      this.#video.removeAttribute('src');
      this.#video.load();
    }
    this.#video = null;
    this.removeAllListeners();
  }

  seekToLive(): void {
    const video = this.#video;
    if (video !== null && video.seekable.length > 0) video.currentTime = video.seekable.end(video.seekable.length - 1);
  }

  #ready(video: HTMLVideoElement): void {
    this.#live = video.duration === Number.POSITIVE_INFINITY;
    this.emit('ready', { live: this.#live });
  }

  #ended(): void {
    if (!this.#live) return;
    this.#live = false;
    this.emit('complete', undefined);
  }

  #failed(video: HTMLVideoElement): void {
    const { error } = video;
    if (error === null) return;
    const decode = error.code === MediaError.MEDIA_ERR_DECODE;
    this.emit('failure', {
      kind: decode ? 'media' : 'source',
      status: null,
      error: decode
        ? new GlasscastError('media', 'Playback failed.', { cause: error })
        : new GlasscastError('network', 'The broadcast could not be loaded.', { cause: error }),
    });
  }

  #waiting(video: HTMLVideoElement): void {
    if (video.seeking || video.paused || !this.#played) return;
    this.#stalls++;
    this.emit('stall', { count: this.#stalls });
  }

  #playing(): void {
    this.#played = true;
  }
}
