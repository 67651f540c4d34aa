/** What a rendition's playlist lists: media segments and their parts. Times are ticks of the rendition's timescale. */
import type { Ticks } from '../../../src/protocol/index.ts';
import type { Bytes } from './boxes.ts';

export interface Part {
  readonly index: number;
  readonly start: Ticks;
  readonly duration: Ticks;
  /** Begins with a key frame. */
  readonly independent: boolean;
  /** Null in a gap. */
  readonly bytes: Bytes | null;
}

export class Segment {
  readonly msn: number;
  readonly epoch: number;
  readonly discontinuity: boolean;
  readonly parts: Part[] = [];
  start: Ticks;
  duration: Ticks = 0;
  byteLength = 0;
  /** Media is missing: players do not load it. */
  gap = false;
  complete = false;
  /** Begins with a key frame. */
  independent = false;
  /** Its bytes have left memory: an archive has them, if there is one. */
  released = false;

  constructor(msn: number, epoch: number, discontinuity: boolean, start: Ticks) {
    this.msn = msn;
    this.epoch = epoch;
    this.discontinuity = discontinuity;
    this.start = start;
  }

  get end(): Ticks {
    return this.start + this.duration;
  }

  append(part: Part): void {
    if (this.parts.length === 0) {
      this.start = part.start;
      this.independent = part.independent;
    }
    this.parts.push(part);
    this.duration += part.duration;
    if (part.bytes === null) this.gap = true;
    else this.byteLength += part.bytes.byteLength;
  }

  release(): void {
    this.released = true;
    this.parts.length = 0;
    this.byteLength = 0;
  }
}
