/**
 * Which track is sent as the sound: one that goes straight, or a mix.
 *
 *   straight ──a second sound, another gain, or none at all──▶ mixing (the first goes straight until the mixer runs)
 *      ▲                                                          │
 *      └────────────── one sound, unchanged, for two seconds ─────┘
 */
import type { Milliseconds } from '../../protocol/units.ts';
import { realmTimers, type TimerId, type Timers } from '../../workers/worker-timers.ts';
import { type SoundInput, SoundMixer, type SoundMixerEnvironment, type SoundMixerHandler } from './sound-mixer.ts';
import { UNCHANGED_GAIN } from './source-choice.ts';

export interface SoundDeskHandler {
  /** What is sent from now on. */
  track(track: MediaStreamTrack | null): void;
  notice: SoundMixerHandler['notice'];
}

/** A slider that is drawn across 1 changes no track. */
const CALM: Milliseconds = 2_000;

export class SoundDesk {
  readonly #handler: SoundDeskHandler;
  readonly #environment: SoundMixerEnvironment;
  readonly #timers: Timers;
  /** Null until there has been a first set of them: without, nothing is sent, not even silence. */
  #inputs: readonly SoundInput[] | null = null;
  #gain = UNCHANGED_GAIN;
  #mixer: SoundMixer | null = null;
  #calming: TimerId | undefined;
  #track: MediaStreamTrack | null = null;
  #closed = false;

  constructor(handler: SoundDeskHandler, environment: SoundMixerEnvironment = {}) {
    this.#handler = handler;
    this.#environment = environment;
    this.#timers = environment.timers ?? realmTimers;
  }

  /** What is sent now; null while there is nothing that could be. */
  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  /** Without any, silence is sent: a session that began without sound cannot get it later. */
  set inputs(inputs: readonly SoundInput[]) {
    const before = this.#inputs;
    if (inputs.length === before?.length && inputs.every(({ track }, index) => track === before[index]?.track)) return;
    this.#inputs = inputs;
    this.#update();
  }

  set gain(gain: number) {
    this.#gain = gain;
    if (this.#mixer !== null) this.#mixer.gain = gain;
    this.#update();
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#track = null;
  }

  get #straight(): MediaStreamTrack | null {
    const [only, second] = this.#inputs ?? [];
    if (only === undefined || second !== undefined) return null;
    return only.isMicrophone && this.#gain !== UNCHANGED_GAIN ? null : only.track;
  }

  #update(): void {
    if (this.#closed || this.#inputs === null) return;
    const straight = this.#straight;
    if (straight === null) this.#mix();
    else if (this.#mixer === null) this.#send(straight);
    else this.#mixStill(straight);
  }

  #mix(): void {
    this.#timers.clearTimeout(this.#calming);
    this.#mixer ??= new SoundMixer(
      this.#inputs ?? [],
      this.#gain,
      { changed: () => this.#update(), notice: (error) => this.#handler.notice(error) },
      this.#environment,
    );
    this.#feed(this.#mixer);
  }

  /** The mix goes on for a while with its only sound, unless it does not run or that sound is a new one. */
  #mixStill(straight: MediaStreamTrack): void {
    this.#timers.clearTimeout(this.#calming);
    const calm = (): void => {
      this.#send(straight);
      this.#release();
    };
    if (this.#mixer?.running !== true) {
      calm();
      return;
    }
    this.#feed(this.#mixer);
    this.#calming = this.#timers.setTimeout(calm, CALM);
  }

  #feed(mixer: SoundMixer): void {
    const inputs = this.#inputs ?? [];
    mixer.inputs = inputs;
    // Unmixed sound is better than none while the browser holds the mixer back.
    const [first] = [...inputs].sort((a, b) => Number(b.isMicrophone) - Number(a.isMicrophone));
    this.#send(mixer.running ? mixer.track : (first?.track ?? null));
  }

  #send(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#handler.track(track);
  }

  #release(): void {
    this.#timers.clearTimeout(this.#calming);
    this.#mixer?.close();
    this.#mixer = null;
  }
}
