import { realmTimers, type TimerId, type Timers } from '../workers/worker-timers.ts';

export interface LevelMeterOptions {
  /** From 0, silence, to 1, as loud as speech gets. Told while listening, with each measurement that differs. */
  readonly onLevel: (level: number) => void;
  /** The largest sample lately, of 1 at full scale: where sound is cut off. Told with every measurement. */
  readonly onPeak?: (peak: number) => void;
  /** Milliseconds between measurements. @default 60 */
  readonly interval?: number;
  readonly createContext?: () => AudioContext;
  readonly timers?: Timers;
}

const INTERVAL_MS = 60;
/** 85 ms at 48 kHz: nothing is missed between two measurements, however short it was too loud. */
const HEARD_SAMPLES = 4096;
/** Of them, the newest: how loud it is now. */
const LEVEL_SAMPLES = 1024;
/** What counts as silence and as loud speech, in decibels below full scale. */
const QUIET = -60;
const LOUD = -12;
/** How much of the level before is kept while it falls: a voice has gaps that the eye should not see. */
const DECAY = 0.8;

/** How loud a track is. Measures only while it is `active`; meanwhile nothing runs, the audio context included. */
export class LevelMeter {
  readonly #options: LevelMeterOptions;
  readonly #timers: Timers;
  #track: MediaStreamTrack | null = null;
  #active = false;
  #context: AudioContext | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #analyser: AnalyserNode | undefined;
  #samples = new Float32Array(0);
  #timer: TimerId | undefined;
  #level = 0;

  constructor(options: LevelMeterOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realmTimers;
  }

  /** Whether its context runs: for whoever looks for leaks. */
  get running(): boolean {
    return this.#timer !== undefined;
  }

  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  set track(track: MediaStreamTrack | null) {
    if (track === this.#track) return;
    this.#track = track;
    this.#source?.disconnect();
    this.#source = undefined;
    this.#update();
  }

  /** Whether anybody looks. */
  get active(): boolean {
    return this.#active;
  }

  set active(active: boolean) {
    this.#active = active;
    this.#update();
  }

  close(): void {
    this.track = null;
    void this.#context?.close().catch(() => undefined);
    this.#context = undefined;
    this.#analyser = undefined;
  }

  #update(): void {
    const listens = this.#active && this.#track !== null && this.#connect(this.#track);
    if (listens === this.running) return;
    if (listens) {
      this.#timer = this.#timers.setInterval(() => this.#measure(), this.#options.interval ?? INTERVAL_MS);
      void this.#context?.resume().catch(() => undefined);
    } else {
      this.#timers.clearInterval(this.#timer);
      this.#timer = undefined;
      void this.#context?.suspend().catch(() => undefined);
      this.#tell(0);
    }
  }

  /** Says whether the track can be listened to. */
  #connect(track: MediaStreamTrack): boolean {
    if (this.#source !== undefined) return true;
    try {
      const context = this.#context ?? this.#options.createContext?.() ?? new AudioContext();
      this.#context = context;
      this.#analyser ??= new AnalyserNode(context, { fftSize: HEARD_SAMPLES });
      this.#samples = new Float32Array(this.#analyser.fftSize);
      this.#source = context.createMediaStreamSource(new MediaStream([track]));
      this.#source.connect(this.#analyser);
      return true;
    } catch {
      // A page may hold six contexts in some browsers, and Firefox refuses a track of another sample rate: no level is shown then.
      return false;
    }
  }

  #measure(): void {
    this.#analyser?.getFloatTimeDomainData(this.#samples);
    let power = 0;
    let peak = 0;
    for (const sample of this.#samples) peak = Math.max(peak, Math.abs(sample));
    for (const sample of this.#samples.subarray(-LEVEL_SAMPLES)) power += sample * sample;
    this.#options.onPeak?.(peak);
    const decibels = 10 * Math.log10(power / LEVEL_SAMPLES || Number.MIN_VALUE);
    const level = Math.min(1, Math.max(0, (decibels - QUIET) / (LOUD - QUIET)));
    const shown = Math.max(level, this.#level * DECAY);
    this.#tell(shown < 0.01 ? 0 : shown);
  }

  #tell(level: number): void {
    if (level === this.#level) return;
    this.#level = level;
    this.#options.onLevel(level);
  }
}
