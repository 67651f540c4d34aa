/** Several sounds as one track, through Web Audio. Costs some 20 ms: what can go straight does. */
import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import { realmTimers, type TimerId, type Timers } from '../../workers/worker-timers.ts';

export interface SoundInput {
  readonly track: MediaStreamTrack;
  /** The gain is that of the microphones; the sound of a screen or a film is mixed as it is. */
  readonly isMicrophone: boolean;
}

export interface SoundMixerHandler {
  /** It began to run, or stands still. */
  changed(): void;
  notice(error: GlasscastError): void;
}

export interface SoundMixerEnvironment {
  readonly createContext?: () => AudioContext;
  /** Where a gesture of the user's is seen. Default: the document. */
  readonly page?: Pick<EventTarget, 'addEventListener'>;
  readonly timers?: Timers;
}

/** What opus and the server's timeline count in. */
const SAMPLE_RATE = 48_000;
/** Time constant of a change of gain, in seconds: a step would click. */
const SMOOTHING = 0.02;
/** How long a context may take to start before the user is told. */
const PATIENCE: Milliseconds = 700;
const GESTURES = ['pointerup', 'keydown', 'touchend'] as const;

export class SoundMixer {
  readonly #handler: SoundMixerHandler;
  readonly #timers: Timers;
  readonly #page: Pick<EventTarget, 'addEventListener'>;
  readonly #context: AudioContext;
  readonly #microphones: GainNode;
  readonly #output: MediaStreamAudioDestinationNode;
  readonly #sources = new Map<MediaStreamTrack, MediaStreamAudioSourceNode>();
  readonly #closing = new AbortController();
  #gestures: AbortController | null = null;
  #timer: TimerId | undefined;

  constructor(inputs: readonly SoundInput[], gain: number, handler: SoundMixerHandler, environment: SoundMixerEnvironment = {}) {
    this.#handler = handler;
    this.#timers = environment.timers ?? realmTimers;
    this.#page = environment.page ?? globalThis.document;
    this.#context = environment.createContext?.() ?? openContext(inputs);
    this.#microphones = this.#context.createGain();
    this.#microphones.gain.value = gain;
    this.#output = this.#context.createMediaStreamDestination();
    this.#microphones.connect(this.#output);
    this.#context.addEventListener('statechange', () => this.#stateChanged(), { signal: this.#closing.signal });
    this.inputs = inputs;
    this.#wake();
  }

  /** Whether sound comes out of it. A browser may hold it until the user has touched the page. */
  get running(): boolean {
    return this.#context.state === 'running';
  }

  get track(): MediaStreamTrack | null {
    return this.#output.stream.getAudioTracks()[0] ?? null;
  }

  set gain(gain: number) {
    this.#microphones.gain.setTargetAtTime(gain, this.#context.currentTime, SMOOTHING);
  }

  /** Mixes these from now on, and no others. */
  set inputs(inputs: readonly SoundInput[]) {
    const wanted = new Set(inputs.map(({ track }) => track));
    for (const [track, source] of this.#sources) {
      if (wanted.has(track)) continue;
      source.disconnect();
      this.#sources.delete(track);
    }
    for (const input of inputs) if (!this.#sources.has(input.track)) this.#connect(input);
  }

  close(): void {
    this.#closing.abort();
    this.#gestures?.abort();
    this.#timers.clearTimeout(this.#timer);
    for (const source of this.#sources.values()) source.disconnect();
    this.#sources.clear();
    this.track?.stop();
    // Rejects only where it is closed already.
    void this.#context.close().catch(() => undefined);
  }

  #connect({ track, isMicrophone }: SoundInput): void {
    try {
      const source = this.#context.createMediaStreamSource(new MediaStream([track]));
      source.connect(isMicrophone ? this.#microphones : this.#output);
      this.#sources.set(track, source);
    } catch (cause) {
      // Firefox mixes nothing that was captured at another rate than the context's.
      this.#handler.notice(new GlasscastError('unsupported', 'This browser cannot mix that sound into the broadcast.', { cause }));
    }
  }

  /** Contexts start suspended on pages that nobody has touched, and a telephone call interrupts them. */
  #wake(): void {
    if (this.running) return;
    this.#context.resume().catch(() => undefined); // told below, when it does not run in time
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.#awaitGesture(), PATIENCE);
  }

  #awaitGesture(): void {
    if (this.running || this.#gestures !== null) return;
    const gestures = new AbortController();
    this.#gestures = gestures;
    const resume = (): void => void this.#context.resume().catch(() => undefined); // the next gesture tries again
    for (const type of GESTURES) this.#page.addEventListener(type, resume, { capture: true, signal: gestures.signal });
    this.#handler.notice(
      new GlasscastError('media', 'The browser holds back the mixed sound. Click or tap anywhere on this page to let it through.'),
    );
  }

  #stateChanged(): void {
    if (this.#context.state === 'closed') return;
    if (this.running) {
      this.#timers.clearTimeout(this.#timer);
      this.#gestures?.abort();
      this.#gestures = null;
    } else this.#wake();
    this.#handler.changed();
  }
}

/** Firefox takes nothing into a context that was captured at another rate: then the device's own rate has to do for all of it. */
function openContext(inputs: readonly SoundInput[]): AudioContext {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' });
  try {
    for (const { track } of inputs) context.createMediaStreamSource(new MediaStream([track])).disconnect();
    return context;
  } catch {
    void context.close().catch(() => undefined); // it was never used
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
