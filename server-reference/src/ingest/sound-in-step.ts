/**
 * The sound of a container, packet by packet. It stays in step with pictures that take longer, through a transcoder: behind the sound, there would
 * be no room for them any more.
 */
import type { Microseconds } from './container-video.ts';
import { opusPacketLength } from './opus.ts';
import { splitOpusPacket } from './opus-split.ts';

/** Sound that waits for the pictures of its time: some ten seconds. */
const MOST_HELD = 500;
const NEVER = Number.NEGATIVE_INFINITY;
/** What Chromium calls itself as the writer of a container, and the blocks in which it hears. */
const CHROMIUM = 'Chrome';
const CHROMIUM_BLOCK: Microseconds = 10_000;

export interface SoundSource {
  /** As Matroska calls it. */
  readonly codec: string;
  /** The program that wrote the container, or an empty text. */
  readonly writer: string;
  readonly format: 'matroska' | 'mp4';
}

export class SoundInStep {
  readonly #pass: (time: Microseconds, packet: Uint8Array) => void;
  #held: { readonly time: Microseconds; readonly data: Uint8Array }[] = [];
  #begun = false;
  /** Times of the last picture that came, and of the last that was passed on. */
  #pictureIn: Microseconds = NEVER;
  #pictureOut: Microseconds = NEVER;

  constructor(pass: (time: Microseconds, packet: Uint8Array) => void) {
    this.#pass = pass;
  }

  /** Everything before this is held. */
  begin(): void {
    this.#begun = true;
    this.#release();
  }

  /** Another recording follows, or none. */
  reset(): void {
    this.#held = [];
    this.#begun = false;
    this.#pictureIn = NEVER;
    this.#pictureOut = NEVER;
  }

  push({ codec, writer, format }: SoundSource, time: Microseconds, data: Uint8Array): void {
    if (codec !== 'A_OPUS') this.#held.push({ time, data });
    else {
      let at = writer === CHROMIUM ? time - chromiumLateness(data, format) : time;
      for (const packet of splitOpusPacket(data)) {
        this.#held.push({ time: Math.round(at), data: packet });
        at += packetTime(packet);
      }
    }
    this.#release();
    this.#held.splice(0, this.#held.length - MOST_HELD);
  }

  /** A picture of this time is under way. Returns what takes that back, where none will follow. */
  expect(time: Microseconds): () => void {
    const before = this.#pictureIn;
    this.#pictureIn = time;
    return () => {
      this.#pictureIn = before;
    };
  }

  /** A picture of this time has been passed on. */
  passed(time: Microseconds): void {
    this.#pictureOut = time;
    this.#release();
  }

  /** Pictures that were under way will not come. */
  lost(): void {
    this.#pictureIn = this.#pictureOut;
    this.#release();
  }

  #release(): void {
    if (!this.#begun) return;
    const isDue = (time: Microseconds): boolean => this.#pictureIn <= this.#pictureOut || time <= this.#pictureOut;
    for (let first = this.#held[0]; first !== undefined && isDue(first.time); first = this.#held[0]) {
      this.#held.shift();
      this.#pass(first.time, first.data);
    }
  }
}

const packetTime = (packet: Uint8Array): Microseconds => (opusPacketLength(packet) * 1000) / 48;

/**
 * Chromium gives a packet of sound the time of the last block that went into it: a packet of 60 ms stands 50 ms too late. In MP4 both tracks
 * begin at 0, and the sound with its second packet: it stands as much too early as the first one lasts. Measured with a flash and a click in one
 * frame.
 */
function chromiumLateness(packet: Uint8Array, format: SoundSource['format']): Microseconds {
  return format === 'mp4' ? -packetTime(packet) : Math.max(0, packetTime(packet) - CHROMIUM_BLOCK);
}
