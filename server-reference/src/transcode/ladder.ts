/**
 * The rungs below one stream's source. Each picture that ffmpeg makes takes the place, on the session's timeline, of the one that it was
 * made of, key frames included: segments and their boundaries are the source's by construction.
 */
import type { EpochInfo, EpochTrack, Frame, Output, RenditionInfo, VideoConfig } from '../hub/media.ts';
import type { Session } from '../hub/session.ts';
import { BitstreamError, parseAvcC } from '../ingest/h264.ts';
import { type FlvEvent, FlvReader } from './flv-reader.ts';
import { flvHeader, flvPicture } from './flv-writer.ts';
import { ladderArguments, rungSize } from './ladder-arguments.ts';
import { PicturePlaces } from './picture-places.ts';
import { PICTURES } from './slots.ts';
import { Supervisor, type Workshop } from './supervisor.ts';

interface Source {
  readonly epoch: number;
  readonly config: VideoConfig;
  readonly track: EpochTrack;
  /** Whether it has B-frames. */
  readonly reorders: boolean;
  /** The rungs that are below it. */
  readonly rungs: readonly RenditionInfo[];
  /** What has been said of them; a child that follows another must not say otherwise. */
  readonly configured: Map<string, Uint8Array>;
}

export class Ladder implements Output {
  readonly #session: Session;
  readonly #from: string;
  readonly #rungs: readonly RenditionInfo[];
  readonly #workshop: Workshop;
  readonly #supervisor: Supervisor;
  #source: Source | null = null;
  #readers: readonly FlvReader[] = [];
  #places = new PicturePlaces(1, false);
  #waitsForKey = true;

  /** @param rungs renditions of the session that are all made of `from` */
  constructor(session: Session, from: string, rungs: readonly RenditionInfo[], workshop: Workshop) {
    this.#session = session;
    this.#from = from;
    this.#rungs = rungs;
    this.#workshop = workshop;
    this.#supervisor = new Supervisor(workshop, {
      name: `ladder of ${session.stream}`,
      share: PICTURES,
      outputs: () => this.#source?.rungs.length ?? 0,
      arguments: (abilities) => {
        const { config, rungs: active, track, reorders } = this.#source ?? noSource();
        const sizes = active.map(({ lines }) => rungSize(config, lines ?? 0));
        return ladderArguments(sizes, config.timescale / track.frameDuration, reorders, abilities);
      },
      output: (index, bytes) => this.#output(index, bytes),
      lost: () => this.#forget(),
    });
  }

  get pid(): number | null {
    return this.#supervisor.pid;
  }

  epoch({ number, tracks }: EpochInfo): void {
    this.#supervisor.reset();
    this.#forget();
    const track = tracks.get(this.#from);
    const rungs = this.#rungs.filter(({ id }) => !tracks.has(id));
    this.#source = null;
    if (track?.config.kind !== 'video' || rungs.length === 0) return;
    const { config } = track;
    const reorders = (parseAvcC(config.avcC).reorder ?? 0) > 0;
    this.#source = { epoch: number, config, track, reorders, rungs, configured: new Map() };
  }

  frame({ rendition, dts, cts, duration, key, data }: Frame): void {
    const source = this.#source;
    if (rendition !== this.#from || source === null || (this.#waitsForKey && !key)) return;
    if (!this.#supervisor.running) {
      if (!key || !this.#supervisor.start()) return;
      this.#readers = source.rungs.map(() => new FlvReader());
      this.#places = new PicturePlaces(source.config.timescale, source.reorders);
      this.#supervisor.write(flvHeader(source.config.avcC));
    }
    this.#waitsForKey = false;
    const { time, composition } = this.#places.send({ dts, cts, duration, key });
    this.#supervisor.write(flvPicture(time, key, data, composition));
  }

  gap(): void {
    // The session's gap is one of all its renditions.
  }

  end(): void {
    this.#source = null;
    this.#supervisor.stop();
    this.#forget();
  }

  #output(index: number, bytes: Uint8Array): void {
    const rendition = this.#source?.rungs[index]?.id;
    if (rendition === undefined) return;
    try {
      for (const event of this.#readers[index]?.push(bytes) ?? []) this.#take(rendition, event);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.#supervisor.fail(error.message);
    }
  }

  #take(rendition: string, event: FlvEvent): void {
    if (this.#source === null) return;
    if (event.type === 'configuration') {
      this.#configure(this.#source, rendition, event.avcC);
      return;
    }
    const { time, key, data } = event;
    const place = this.#places.take(rendition, time);
    if (place === null) return;
    const { dts, cts, duration } = place;
    this.#session.derive({ rendition, dts, cts, duration, key, data }, this.#source.epoch);
  }

  #configure({ epoch, config, track, configured }: Source, rendition: string, avcC: Uint8Array): void {
    const before = configured.get(rendition);
    if (before === undefined) {
      const { codec, width, height } = parseAvcC(avcC);
      configured.set(rendition, avcC);
      const made: VideoConfig = { kind: 'video', family: 'avc', timescale: config.timescale, codec, width, height, avcC };
      this.#session.configure(rendition, { config: made, frameDuration: track.frameDuration }, epoch);
    } else if (Buffer.compare(before, avcC) !== 0) {
      this.#giveUp('ffmpeg configures the same rung in two ways');
    }
  }

  /** Until the next epoch. */
  #giveUp(why: string): void {
    this.#workshop.log.warn({ stream: this.#session.stream, why }, 'no ladder');
    this.end();
  }

  #forget(): void {
    this.#readers = [];
    this.#waitsForKey = true;
  }
}

function noSource(): never {
  throw new Error('a ladder without a source was started');
}
