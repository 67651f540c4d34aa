/**
 * AAC beside the Opus of one stream, for players that have no Opus in HLS. It is made only while somebody asks for it; else it is silence, which
 * costs nothing: many players open every rendition that is listed, and give up on one that is a gap.
 *
 * An encoder says nothing of time: it is fed samples and answers 1024 a frame, so that time is counted in samples. Its first frame is
 * priming: frame n holds what was fed before sample 1024 n. Init sections of AAC begin their presentation 1024 samples late (an edit list),
 * so the decode time of frame n is the time of sample 1024 n.
 */
import type { BitsPerSecond, Milliseconds, Ticks } from '../../../src/protocol/index.ts';
import type { CancelTimer } from '../clock.ts';
import type { EpochInfo, Frame, OpusConfig, Output } from '../hub/media.ts';
import type { Session } from '../hub/session.ts';
import { silence } from '../hub/silence.ts';
import { AAC_FRAME_LENGTH } from '../ingest/aac.ts';
import { BitstreamError } from '../ingest/h264.ts';
import { opusPacketLength } from '../ingest/opus.ts';
import { AdtsReader } from './adts-reader.ts';
import { AAC_RATE } from './derived-renditions.ts';
import type { Abilities } from './ffmpeg.ts';
import { matroskaHeader, matroskaPacket, opusHead } from './matroska-writer.ts';
import { SampleTimes } from './sample-times.ts';
import { SOUND } from './slots.ts';
import { Supervisor, type Workshop } from './supervisor.ts';

/** It is made for this long after the last request. */
export const AAC_LINGER: Milliseconds = 30_000;
export const AAC_BITRATE: BitsPerSecond = 128_000;
/** What rounding may leave between two frames. */
const ROUNDING: Ticks = 2;
/** What an encoder took with it is made up for by silence; more is a gap. */
const MOST_SILENCE: Ticks = AAC_RATE;

export class AacBeside implements Output {
  readonly #session: Session;
  readonly #id: string;
  readonly #from: string;
  readonly #workshop: Workshop;
  readonly #supervisor: Supervisor;
  #opus: OpusConfig | null = null;
  #epoch = 0;
  #reader = new AdtsReader();
  #times = new SampleTimes();
  #frames = 0;
  /** Where the last frame of the epoch ended. */
  #end: Ticks | null = null;
  #silence: Uint8Array | null = null;
  #wantedUntil: Milliseconds = Number.NEGATIVE_INFINITY;
  #cancelTimer: CancelTimer | null = null;

  /** @param id the rendition of the session that is made of `from` */
  constructor(session: Session, id: string, from: string, workshop: Workshop) {
    this.#session = session;
    this.#id = id;
    this.#from = from;
    this.#workshop = workshop;
    this.#supervisor = new Supervisor(workshop, {
      name: `AAC of ${session.stream}`,
      share: SOUND,
      outputs: () => 1,
      arguments: (abilities) => aacArguments(this.#opus?.channels ?? 2, abilities),
      output: (_, bytes) => this.#output(bytes),
      lost: () => this.#forget(),
    });
  }

  get pid(): number | null {
    return this.#supervisor.pid;
  }

  /** Somebody asks for it. */
  wanted(): void {
    const { clock } = this.#workshop;
    this.#wantedUntil = clock.now() + AAC_LINGER;
    this.#cancelTimer ??= clock.after(AAC_LINGER, () => this.#rest());
    this.#start();
  }

  epoch({ number, tracks }: EpochInfo): void {
    this.#supervisor.reset();
    this.#forget();
    const config = tracks.get(this.#from)?.config;
    this.#opus = config?.family === 'opus' ? config : null;
    this.#epoch = number;
    this.#end = null;
    const made = tracks.get(this.#id)?.config;
    this.#silence = made === undefined ? null : (silence(made, AAC_FRAME_LENGTH)[0]?.data ?? null);
    this.#start();
  }

  frame({ rendition, dts, duration, data }: Frame): void {
    if (rendition !== this.#from) return;
    if (!this.#start()) {
      this.#emitSilence(dts, dts + duration);
      return;
    }
    const time = Math.round((this.#times.end * 1000) / AAC_RATE);
    const length = opusPacketLength(data);
    if (!this.#supervisor.write(matroskaPacket(time, data))) return;
    this.#times.push(length, dts, duration);
    // An encoder takes a moment to begin.
    if (this.#frames === 0) this.#emitSilence(dts, dts + duration);
  }

  gap(): void {
    // What comes behind it bears its own time.
  }

  end(): void {
    this.#wantedUntil = Number.NEGATIVE_INFINITY;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#supervisor.stop();
  }

  /** Whether the encoder runs, or has just been started because it is wanted. */
  #start(): boolean {
    if (this.#supervisor.running) return true;
    if (this.#opus === null || this.#workshop.clock.now() >= this.#wantedUntil || !this.#supervisor.start()) return false;
    const { channels, outputGain } = this.#opus;
    return this.#supervisor.write(matroskaHeader(opusHead(channels, outputGain), channels));
  }

  #rest(): void {
    const { clock } = this.#workshop;
    const left = this.#wantedUntil - clock.now();
    this.#cancelTimer = left > 0 ? clock.after(left, () => this.#rest()) : null;
    if (left > 0) return;
    this.#supervisor.stop();
    this.#forget();
  }

  #output(bytes: Uint8Array): void {
    try {
      for (const data of this.#reader.push(bytes)) this.#emit(data);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.#supervisor.fail(error.message);
    }
  }

  #emit(data: Uint8Array): void {
    const span = this.#times.span(this.#frames * AAC_FRAME_LENGTH, AAC_FRAME_LENGTH);
    this.#frames++;
    if (span === null) return;
    const from = Math.round(span.from);
    if (this.#end !== null && from < this.#end - ROUNDING) return;
    this.#emitSilence(from, from);
    // Decode times follow each other without a hole: what is left before the first frame of an encoder is a short one.
    if (this.#end !== null && this.#silence !== null && from - this.#end > ROUNDING)
      this.#derive(this.#end, from - this.#end, this.#silence);
    const dts = this.#end ?? from;
    this.#derive(dts, Math.max(1, Math.round(span.to) - dts), data);
  }

  #emitSilence(from: Ticks, to: Ticks): void {
    if (this.#silence === null) return;
    let dts = this.#end === null || from - this.#end > MOST_SILENCE ? from : this.#end;
    this.#end = dts;
    for (; dts + AAC_FRAME_LENGTH <= to; dts += AAC_FRAME_LENGTH) this.#derive(dts, AAC_FRAME_LENGTH, this.#silence);
  }

  #derive(dts: Ticks, duration: Ticks, data: Uint8Array): void {
    this.#end = dts + duration;
    this.#session.derive({ rendition: this.#id, dts, cts: 0, duration, key: true, data }, this.#epoch);
  }

  #forget(): void {
    this.#reader = new AdtsReader();
    this.#times = new SampleTimes();
    this.#frames = 0;
  }
}

/** Matroska on the standard input, ADTS on the standard output. */
function aacArguments(channels: number, { encoders }: Abilities): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-probesize', '32', '-analyzeduration', '0'],
    // ffmpeg's own decoder holds samples back; this one answers each packet with all of its own.
    ...(encoders?.has('libopus') === true ? ['-c:a', 'libopus'] : []),
    ...['-f', 'matroska', '-i', 'pipe:0', '-map', '0:a:0', '-c:a', 'aac', '-b:a', String(AAC_BITRATE)],
    ...['-ar', String(AAC_RATE), '-ac', String(channels), '-f', 'adts', '-flush_packets', '1', 'pipe:1'],
  ];
}
