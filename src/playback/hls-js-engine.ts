/**
 * Plays HLS by Media Source Extensions with hls.js. Loaded on demand: this module is the only one that imports hls.js at run time. It is
 * the full build, since the light one leaves out alternate audio renditions, which is where our origin has its sound.
 */
import Hls, { type ErrorData, ErrorDetails, ErrorTypes, Events, type LevelDetails } from 'hls.js';
import type { Milliseconds, Seconds } from '../protocol/index.ts';
import { realmTimers, type Timers } from '../workers/worker-timers.ts';
import { PlaybackEngine, type PlaybackLevel } from './engine.ts';
import { hlsConfig } from './hls-config.ts';
import { failureOf } from './hls-js-failure.ts';
import { LatencyController } from './latency-controller.ts';
import { bufferedAhead, holdBackOf, newestRun, nextBuffered, usualPart } from './live-edge.ts';

export interface HlsJsEngineOptions {
  readonly timers?: Timers;
  /** A monotonic clock. */
  readonly now?: () => Milliseconds;
  /** The token that goes with requests now. */
  readonly currentToken?: () => string | undefined;
}

const STEP: Milliseconds = 100;
/** After so many steps beside what is buffered, nothing before it is on its way. */
const ASIDE_STEPS = 5;
/** After so many steps without media the rest is not on its way any more. */
const DRY_STEPS = 8;
/** A second media error within this time is not cured by what cured the first. */
const RECOVERY_WINDOW: Milliseconds = 10_000;

export class HlsJsEngine extends PlaybackEngine {
  readonly name = 'hls.js';
  readonly #timers: Timers;
  readonly #now: () => Milliseconds;
  readonly #controller: LatencyController;
  readonly #currentToken: () => string | undefined;
  #video: HTMLVideoElement | null = null;
  #hls: Hls | null = null;
  #listening: AbortController | null = null;
  #loop: number | undefined;
  #levels: readonly PlaybackLevel[] = [];
  #stalls = 0;
  /** The first media playlist has been read. */
  #started = false;
  #played = false;
  #live = false;
  /** It was live and has its end now. */
  #complete = false;
  #drySteps = 0;
  #asideSteps = 0;
  #recoveredAt: Milliseconds = Number.NEGATIVE_INFINITY;
  /** Seeks of our own that are under way: the others are the viewer's. */
  #ownSeeks = 0;

  constructor(options: HlsJsEngineOptions = {}) {
    super();
    this.#timers = options.timers ?? realmTimers;
    this.#now = options.now ?? (() => performance.now());
    this.#currentToken = options.currentToken ?? (() => undefined);
    this.#controller = new LatencyController({ now: this.#now });
  }

  /** The player itself, for what this interface does not cover. Null before `load` and after `destroy`. */
  get hls(): Hls | null {
    return this.#hls;
  }

  get levels(): readonly PlaybackLevel[] {
    return this.#levels;
  }

  get selectedLevel(): number {
    return this.#hls === null || this.#hls.autoLevelEnabled ? -1 : this.#hls.currentLevel;
  }

  set selectedLevel(index: number) {
    if (this.#hls !== null) this.#hls.nextLevel = index;
  }

  get stalls(): number {
    return this.#stalls;
  }

  get latency(): Seconds | null {
    const details = this.#liveDetails();
    if (details === null || this.#video === null) return null;
    return details.edge + details.age - this.#video.currentTime;
  }

  get playingDate(): Date | null {
    return this.#hls?.playingDate ?? null;
  }

  get targetLatency(): Seconds | null {
    return this.#controller.wanted;
  }

  set targetLatency(seconds: Seconds | null) {
    this.#controller.wanted = seconds;
  }

  get aimedLatency(): Seconds | null {
    return this.#controller.target;
  }

  attach(video: HTMLVideoElement): void {
    if (this.#video !== null) throw new Error('the engine has an element already');
    this.#video = video;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    video.addEventListener('waiting', () => this.#waiting(video), { signal });
    video.addEventListener('playing', () => this.#playing(), { signal });
    video.addEventListener('seeking', () => this.#seeking(), { signal });
    video.addEventListener('play', () => this.#controller.resumed(), { signal });
    this.#hls?.attachMedia(video);
    this.#loop = this.#timers.setInterval(() => this.#step(video), STEP);
  }

  load(url: string): void {
    this.#hls?.destroy();
    this.#controller.reset();
    this.#levels = [];
    this.#stalls = 0;
    this.#started = false;
    this.#played = false;
    this.#live = false;
    this.#complete = false;
    this.#drySteps = 0;
    this.#asideSteps = 0;
    this.#ownSeeks = 0;
    const hls = new Hls(hlsConfig(this.#controller.wanted, this.#currentToken));
    this.#hls = hls;
    hls.on(Events.MANIFEST_PARSED, () => this.#parsed(hls));
    hls.on(Events.LEVEL_SWITCHED, (_, { level }) => this.emit('level', level));
    hls.on(Events.LEVEL_LOADED, (_, { details }) => this.#loaded(details));
    hls.on(Events.ERROR, (_, data) => this.#failed(hls, data));
    hls.loadSource(url);
    if (this.#video !== null) hls.attachMedia(this.#video);
  }

  destroy(): void {
    this.#timers.clearInterval(this.#loop);
    this.#listening?.abort();
    this.#hls?.destroy();
    if (this.#video !== null) this.#video.playbackRate = 1;
    this.#hls = null;
    this.#video = null;
    this.removeAllListeners();
  }

  seekToLive(): void {
    this.#controller.follow();
    const position = this.#hls?.liveSyncPosition;
    if (this.#video !== null && position !== null && position !== undefined) this.#seek(this.#video, position);
  }

  #liveDetails(): LevelDetails | null {
    const details = this.#hls?.latestLevelDetails ?? null;
    return details?.live === true ? details : null;
  }

  #parsed(hls: Hls): void {
    this.#levels = hls.levels.map((level) => ({
      width: level.width,
      height: level.height,
      bitrate: level.bitrate,
      frameRate: level.frameRate > 0 ? level.frameRate : null,
      codecs: [level.videoCodec, level.audioCodec].filter((codec) => codec !== undefined).join(','),
    }));
    this.emit('levels', this.#levels);
  }

  #loaded(details: LevelDetails): void {
    if (!this.#started) {
      this.#started = true;
      this.#live = details.live;
      this.emit('ready', { live: details.live });
    } else if (this.#live && !details.live) {
      this.#live = false;
      this.#complete = true;
      if (this.#video !== null) this.#video.playbackRate = 1;
      this.emit('complete', undefined);
    }
  }

  #failed(hls: Hls, data: ErrorData): void {
    if (!data.fatal) return;
    const failure = failureOf(data);
    const curable = data.type === ErrorTypes.MEDIA_ERROR && failure.error.code !== 'codec-unsupported';
    if (curable && data.details !== ErrorDetails.BUFFER_STALLED_ERROR && this.#now() - this.#recoveredAt > RECOVERY_WINDOW) {
      this.#recoveredAt = this.#now();
      hls.recoverMediaError();
      return;
    }
    this.emit('failure', failure);
  }

  /**
   * hls.js ends a stream once its last part is buffered in sound and picture alike. Where the sound ends earlier, which after a live
   * broadcast it nearly always does, that never happens, and the last picture would stay for ever.
   */
  #finish(video: HTMLVideoElement): void {
    const dry = !video.paused && !video.ended && !video.seeking && video.readyState < video.HAVE_FUTURE_DATA;
    this.#drySteps = dry ? this.#drySteps + 1 : 0;
    if (this.#drySteps !== DRY_STEPS) return;
    for (const type of ['video', 'audio', 'audiovideo'] as const) this.#hls?.trigger(Events.BUFFER_EOS, { type });
  }

  /**
   * hls.js chooses a starting place, and where that lies just behind a gap it may load what comes later. It crosses such a hole only once
   * playback has been asked for, which waits for the first picture.
   */
  #begin(video: HTMLVideoElement): void {
    const start = video.readyState > video.HAVE_METADATA ? null : nextBuffered(video.buffered, video.currentTime);
    this.#asideSteps = start === null ? 0 : this.#asideSteps + 1;
    if (start === null || this.#asideSteps < ASIDE_STEPS) return;
    this.#asideSteps = 0;
    this.#seek(video, start + 0.01);
  }

  #step(video: HTMLVideoElement): void {
    if (this.#complete) this.#finish(video);
    if (!this.#played) this.#begin(video);
    const details = this.#liveDetails();
    if (details === null || video.readyState === 0) return;
    const run = newestRun(details);
    if (run === null) return;
    const position = video.currentTime;
    const decision = this.#controller.step({
      latency: details.edge + details.age - position,
      ahead: bufferedAhead(video.buffered, position),
      published: run.end - position,
      hole: run.start - position,
      part: usualPart(details),
      holdBack: holdBackOf(details),
      paused: video.paused,
      starved: !video.paused && !video.seeking && video.readyState < video.HAVE_FUTURE_DATA,
    });
    // A stream without parts has whole segments in its buffer: it needs no help.
    if (details.partList !== null && video.playbackRate !== decision.rate && !this.#controller.free) video.playbackRate = decision.rate;
    if (decision.jump !== null) this.#seek(video, position + decision.jump + 0.01);
    const { target } = this.#controller;
    // hls.js itself seeks when the playhead has left the window: it should aim at the same place.
    if (target !== null && this.#hls !== null && this.#hls.targetLatency !== target) this.#hls.config.liveSyncDuration = target;
  }

  #seek(video: HTMLVideoElement, position: Seconds): void {
    this.#ownSeeks++;
    video.currentTime = position;
  }

  #seeking(): void {
    if (this.#ownSeeks > 0) {
      this.#ownSeeks--;
      return;
    }
    // Before the first picture it is hls.js that goes to its starting place.
    if (!this.#played) return;
    const { latency } = this;
    if (latency !== null) this.#controller.viewerSeeked(latency);
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
