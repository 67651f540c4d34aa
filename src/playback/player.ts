/**
 * Plays one source in one video: brings together what is known about the source (a watch) and what plays it (an engine).
 *
 *   idle ──start──▶ waiting ⇄ loading ──first picture──▶ playing ⇄ away
 *                      ▲         ▲   └──lost──▶ loading      │
 *                      │         └──── a new session ◀───── ended
 *                      └──────────── nothing there any more ─┘
 *   failed, from any of them, where trying again cannot help; close() ends it all
 */
import { GlasscastError, type Milliseconds, type Seconds } from '../protocol/index.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import { Backoff } from './backoff.ts';
import type { EngineFailure, PlaybackEngine } from './engine.ts';
import type { ServerClock } from './server-clock.ts';
import type { SourceProblem, SourceStatus, SourceWatch } from './source-watch.ts';

export type PlayerState = 'idle' | 'waiting' | 'loading' | 'playing' | 'away' | 'ended' | 'failed';

export interface PlayerEvents {
  state: PlayerState;
  /** While the state is not `failed`, the player goes on trying. */
  error: GlasscastError;
  /** From the camera to the screen where the server's clock is known, else to the live edge; once a second. */
  latency: Seconds;
}

export interface PlayerOptions {
  readonly video: HTMLVideoElement;
  readonly engine: PlaybackEngine;
  /** Started by the caller, who thereby need not wait for the engine; closed by the player. */
  readonly watch: SourceWatch;
  /** Adds the token to a playlist's URL; asked at each load. */
  readonly authorize: (url: string) => string | Promise<string>;
  /** Null for a playlist of a server that need not be ours. */
  readonly clock: ServerClock | null;
  readonly timers: Timers;
  readonly random: () => number;
}

const LATENCY_PERIOD: Milliseconds = 1_000;
const CLOCK_PERIOD: Milliseconds = 300_000;
/** So many failures to decode in a row are not bad luck. */
const MEDIA_FAILURES = 3;

export class Player extends Emitter<PlayerEvents> {
  readonly #options: PlayerOptions;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  #state: PlayerState = 'idle';
  /** The session that the engine plays. */
  #session: string | null = null;
  #status: SourceStatus = { state: 'waiting' };
  #complete = false;
  #recording = false;
  #mediaFailures = 0;
  #refusals = 0;
  /** Loads in a row that found nothing. */
  #absences = 0;
  #retry: TimerId | undefined;
  #latencyTimer: TimerId | undefined;
  #clockTimer: TimerId | undefined;

  constructor(options: PlayerOptions) {
    super();
    this.#options = options;
    this.#backoff = new Backoff({ first: 500, limit: 8_000, random: options.random });
  }

  get state(): PlayerState {
    return this.#state;
  }

  get engine(): PlaybackEngine {
    return this.#options.engine;
  }

  /** The playlist in use, without the token; empty where there is none. */
  get address(): string {
    return this.#session !== null && this.#status.state !== 'waiting' ? this.#status.url : '';
  }

  start(): void {
    const { video, engine, watch, timers } = this.#options;
    const { signal } = this.#closing;
    engine.attach(video);
    engine.on('ready', ({ live }) => {
      this.#recording = !live;
    });
    engine.on('complete', () => this.#completed());
    engine.on('failure', (failure) => this.#failed(failure));
    // A phone that plays HLS by itself fetches no picture before it is told to play.
    const shown = engine.name === 'native' ? 'loadedmetadata' : 'loadeddata';
    video.addEventListener(shown, () => this.#shown(), { signal });
    video.addEventListener('playing', () => this.#shown(), { signal });
    video.addEventListener('ended', () => this.#ended(), { signal });
    watch.on('status', (status) => this.#changed(status));
    watch.on('problem', (problem) => this.#problem(problem));
    this.#setState('waiting');
    // The watch may have been at work while the engine's code was on its way.
    if (watch.status !== null) this.#changed(watch.status);
    if (watch.problem !== null) this.#problem(watch.problem);
    this.#latencyTimer = timers.setInterval(() => this.#tellLatency(), LATENCY_PERIOD);
    this.#synchronize();
    this.#clockTimer = timers.setInterval(() => this.#synchronize(), CLOCK_PERIOD);
  }

  /** Ends everything; the element is empty afterwards. */
  close(): void {
    const { timers, watch, engine } = this.#options;
    this.#closing.abort();
    timers.clearTimeout(this.#retry);
    timers.clearInterval(this.#latencyTimer);
    timers.clearInterval(this.#clockTimer);
    watch.close();
    engine.destroy();
    this.#setState('idle');
    this.removeAllListeners();
  }

  /** From the camera to the screen where the server's clock is known, else to the live edge; null when nothing live plays. */
  get latency(): Seconds | null {
    const { engine, clock } = this.#options;
    if (this.#session === null || this.#recording || this.#complete) return null;
    const captured = engine.playingDate;
    if (clock === null || clock.offset === null || captured === null) return engine.latency;
    return (clock.now() - captured.getTime()) / 1000;
  }

  #problem({ error, final }: SourceProblem): void {
    if (final) this.#fail(error);
    else this.emit('error', error);
  }

  #changed(status: SourceStatus): void {
    this.#status = status;
    if (this.#state === 'failed') return;
    switch (status.state) {
      case 'waiting':
        this.#session = null;
        this.#setState('waiting');
        break;
      case 'live':
        if (status.session !== this.#session) void this.#load(status.url, status.session);
        else if (this.#state === 'away') this.#setState(this.#options.video.readyState > 1 ? 'playing' : 'loading');
        break;
      case 'away':
        // Who comes while the broadcaster is away finds nothing but gaps at the edge, and loads when there is a picture again.
        this.#setState('away');
        break;
      case 'ended':
        // What is buffered is still shown; the video's own `ended` follows.
        if (this.#session === null) this.#setState('ended');
        else if (this.#complete || this.#options.video.ended) this.#ended();
        break;
    }
  }

  async #load(address: string, session: string): Promise<void> {
    this.#session = session;
    this.#complete = false;
    this.#recording = false;
    this.#options.timers.clearTimeout(this.#retry);
    this.#setState('loading');
    let url: string;
    try {
      url = await this.#options.authorize(address);
    } catch (cause) {
      this.#fail(new GlasscastError('unauthorized', 'The page could not get a token for the broadcast.', { cause }));
      return;
    }
    if (this.#closing.signal.aborted || this.#session !== session) return;
    this.#options.engine.load(url);
  }

  #shown(): void {
    if (this.#state !== 'loading') return;
    this.#backoff.reset();
    this.#mediaFailures = 0;
    this.#refusals = 0;
    this.#absences = 0;
    this.#setState(this.#status.state === 'away' ? 'away' : 'playing');
  }

  #completed(): void {
    this.#complete = true;
    this.#options.watch.completed();
  }

  #ended(): void {
    if (this.#session === null && this.#state === 'ended') return;
    this.#setState('ended');
  }

  #failed(failure: EngineFailure): void {
    const { error, kind } = failure;
    if (this.#status.state === 'ended' || this.#complete) {
      // The media of a session that is over goes away in time.
      this.#setState('ended');
      return;
    }
    if (kind === 'media') this.#mediaFailures++;
    // A token may have run out: the next load asks for another, once.
    if (error.code === 'unauthorized') this.#refusals++;
    if (error.code === 'codec-unsupported' || this.#mediaFailures >= MEDIA_FAILURES || this.#refusals > 1) {
      this.#fail(error);
      return;
    }
    // Not found is what "not yet" looks like: no error to tell.
    if (failure.status !== 404) this.emit('error', error);
    this.#session = null;
    const { timers, watch } = this.#options;
    timers.clearTimeout(this.#retry);
    // The watch may know better at once; where it goes on announcing what is not there, as after a server's restart, patience helps.
    const pause = failure.status === 404 && this.#absences++ === 0 ? 0 : this.#backoff.next();
    this.#retry = timers.setTimeout(() => watch.recheck(), pause);
  }

  #fail(error: GlasscastError): void {
    this.#options.timers.clearTimeout(this.#retry);
    this.#setState('failed');
    this.emit('error', error);
  }

  #tellLatency(): void {
    const { latency } = this;
    if (latency !== null && this.#state === 'playing' && !this.#options.video.paused) this.emit('latency', latency);
  }

  #synchronize(): void {
    // Without the server's clock latency is told against the live edge: less exact, and nothing that the viewer should hear of.
    this.#options.clock?.synchronize(this.#closing.signal).catch(() => undefined);
  }

  #setState(state: PlayerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}
