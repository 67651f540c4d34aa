import { entriesOf, type StatsEntry, type StatsReport } from './stats-report.ts';

/** Measures a track's loudness where statistics do not. */
export interface LevelMeter {
  /** From 0 to 1, over the last moment. */
  read(): number;
  close(): void;
}

/** The sender of the own voice, by what is used of it. */
export interface VoiceSender {
  getStats(): Promise<StatsReport>;
}

/** Statistics say the peaks of one's own voice, and the mean of others': a voice's peaks are some three times as high. */
const CREST = 3;
/** So often in a row statistics may be silent about a level before they count as not measuring it: a link may not send yet. */
const MAX_MISSING = 3;

/**
 * How loud one's own voice is. Any link's statistics tell, over the whole time between two readings; only where they do not (Firefox) is
 * the track itself listened to.
 */
export class OwnLevel {
  readonly #openMeter: (track: MediaStreamTrack) => LevelMeter | null;
  #previous: StatsEntry | undefined;
  #meter: { readonly track: MediaStreamTrack; readonly meter: LevelMeter | null } | undefined;
  /** Readings in a row in which the statistics did not tell. */
  #missing = 0;
  #reading = false;
  #level = 0;

  constructor(openMeter: (track: MediaStreamTrack) => LevelMeter | null) {
    this.#openMeter = openMeter;
  }

  /** From 0 to 1, when it was last read. */
  get level(): number {
    return this.#level;
  }

  /** Reads the level anew; does nothing while the reading before is under way. */
  async read(track: MediaStreamTrack, sender: VoiceSender | undefined): Promise<void> {
    if (this.#missing >= MAX_MISSING) {
      if (this.#meter?.track !== track) {
        this.rest();
        this.#meter = { track, meter: this.#openMeter(track) };
      }
      this.#level = this.#meter?.meter?.read() ?? 0;
      return;
    }
    if (this.#reading || sender === undefined) return;
    this.#reading = true;
    try {
      this.#take(await sender.getStats());
    } catch {
      // The link was closed meanwhile; another one tells next time.
      this.#level = 0;
    } finally {
      this.#reading = false;
    }
  }

  /** Nothing is to be heard, or nobody sees it: stops listening. */
  rest(): void {
    this.#meter?.meter?.close();
    this.#meter = undefined;
    this.#previous = undefined;
    this.#level = 0;
  }

  #take(report: StatsReport): void {
    const source = entriesOf(report, 'media-source').find(({ kind }) => kind === 'audio');
    if (source === undefined) return;
    const { audioLevel, totalAudioEnergy: energy, totalSamplesDuration: duration } = source;
    this.#missing = audioLevel === undefined && energy === undefined ? this.#missing + 1 : 0;
    const before = this.#previous?.id === source.id ? this.#previous : undefined;
    this.#previous = source;
    const grown = (energy ?? 0) - (before?.totalAudioEnergy ?? 0);
    const seconds = (duration ?? 0) - (before?.totalSamplesDuration ?? 0);
    // https://www.w3.org/TR/webrtc-stats/#dom-rtcaudiosourcestats-totalaudioenergy: the root of energy over time is the level.
    if (before !== undefined && energy !== undefined && seconds > 0) this.#level = Math.sqrt(Math.max(0, grown) / seconds) / CREST;
    else this.#level = before === undefined && energy !== undefined ? 0 : (audioLevel ?? 0) / CREST;
  }
}

/** Listens to a track with the page's sound engine; null where it has none, or none for this track. */
export function openLevelMeter(track: MediaStreamTrack): LevelMeter | null {
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const engine = context;
    // Pages that use the microphone may, without a tap.
    engine.resume().catch(() => undefined);
    return {
      read: () => {
        analyser.getFloatTimeDomainData(samples);
        return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      },
      close: () => void engine.close(),
    };
  } catch {
    void context?.close();
    return null;
  }
}
