import type { Timers } from '../../workers/worker-timers.ts';
import type { Card } from '../publisher-events.ts';
import { CardTrack } from './card-track.ts';

const DEFAULT_SIZE = { width: 640, height: 360 } as const;

/** The tracks that are recorded: what was handed over, or what stands in for it. */
export class RecordedInputs {
  readonly #timers: Timers;
  readonly #ended: (input: 'main' | 'sound') => void;
  #main: MediaStreamTrack | null = null;
  #sound: MediaStreamTrack | null = null;
  #card: Card | null = null;
  #cardTrack: CardTrack | null = null;
  #silence: AudioContext | null = null;
  #watch = new AbortController();
  #size: { width: number; height: number } = { ...DEFAULT_SIZE };

  /** @param ended a track has ended by itself */
  constructor(timers: Timers, ended: (input: 'main' | 'sound') => void) {
    this.#timers = timers;
    this.#ended = ended;
  }

  get hasSound(): boolean {
    return this.#sound !== null;
  }

  /** Of the picture that is recorded. */
  get size(): { readonly width: number; readonly height: number } {
    const { width, height } = this.#main?.getSettings() ?? {};
    if (width !== undefined && height !== undefined && this.#card === null) this.#size = { width, height };
    return this.#size;
  }

  get frameRate(): number {
    return this.#main?.getSettings().frameRate ?? 0;
  }

  set(input: 'main' | 'sound', track: MediaStreamTrack | null): void {
    if (input === 'main') this.#main = track;
    else this.#sound = track;
    this.#watch.abort('replaced');
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    for (const [name, watched] of [
      ['main', this.#main],
      ['sound', this.#sound],
    ] as const) {
      const lost = (): void => {
        this.set(name, null);
        this.#ended(name);
      };
      watched?.addEventListener('ended', lost, { signal });
    }
  }

  setCard(card: Card | null): void {
    this.#card = card;
  }

  /** What to record from now on. A broadcast that began with sound keeps a track for it. */
  tracks(withSound: boolean): { readonly video: MediaStreamTrack; readonly audio: MediaStreamTrack | null } {
    const { size } = this;
    this.#cardTrack?.close();
    this.#cardTrack = this.#main === null || this.#card !== null ? new CardTrack(this.#card, size, this.#timers) : null;
    const isSilent = this.#sound === null || this.#card !== null;
    const video = this.#cardTrack?.track ?? this.#main;
    if (video === null) throw new Error('a card stands in for what is not there');
    return { video, audio: withSound ? (isSilent ? this.#silentTrack() : this.#sound) : null };
  }

  close(): void {
    this.#watch.abort('closed');
    this.#cardTrack?.close();
    // Rejects only where it is closed already, and nobody else does that.
    void this.#silence?.close();
    this.#silence = null;
  }

  #silentTrack(): MediaStreamTrack | null {
    this.#silence ??= new AudioContext();
    return this.#silence.createMediaStreamDestination().stream.getAudioTracks()[0] ?? null;
  }
}
