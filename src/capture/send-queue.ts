import type { ChunkRecord } from '../protocol/frame-chunk.ts';
import { CHUNK_HEADER_BYTES } from '../protocol/frame-chunk.ts';
import type { Bytes, Milliseconds } from '../protocol/units.ts';

export interface OutgoingFrame {
  readonly kind: 'video' | 'audio';
  readonly record: ChunkRecord;
  readonly queuedAt: Milliseconds;
}

export interface SendQueueOptions {
  /** Frames that have waited longer are dropped. */
  readonly maxAge: Milliseconds;
}

export const frameBytes = (frame: OutgoingFrame): Bytes => frame.record.data.byteLength + CHUNK_HEADER_BYTES;

/**
 * Encoded frames on their way to the socket, in order. In good times it is empty. When the uplink cannot follow, video is dropped up to
 * the next key frame (what follows a missing frame cannot be decoded) and sound up to what is fresh.
 */
export class SendQueue {
  readonly #maxAge: Milliseconds;
  #frames: OutgoingFrame[] = [];
  #needsKey = true;
  #dropped = 0;

  constructor(options: SendQueueOptions) {
    this.#maxAge = options.maxAge;
  }

  /** Whether only a key frame of video can follow: the caller asks its encoder for one when there is room again. */
  get needsKey(): boolean {
    return this.#needsKey;
  }

  /** Video frames dropped in all. */
  get dropped(): number {
    return this.#dropped;
  }

  get length(): number {
    return this.#frames.length;
  }

  /** Queues a frame, unless it cannot be decoded without one that was dropped. */
  add(frame: OutgoingFrame): void {
    if (frame.kind === 'video') {
      if (this.#needsKey && !frame.record.key) {
        this.#dropped++;
        return;
      }
      this.#needsKey = false;
    }
    this.#frames.push(frame);
  }

  /** How long the oldest frame has waited; 0 when empty. */
  age(now: Milliseconds): Milliseconds {
    const head = this.#frames[0];
    return head === undefined ? 0 : Math.max(0, now - head.queuedAt);
  }

  /** Takes the oldest frame if it fits into `budget`. */
  take(budget: Bytes): OutgoingFrame | null {
    const head = this.#frames[0];
    if (head === undefined || frameBytes(head) > budget) return null;
    this.#frames.shift();
    return head;
  }

  /** Drops what has waited too long, and the video that hangs on it. Returns whether video was dropped. */
  expire(now: Milliseconds): boolean {
    const isStale = (frame: OutgoingFrame): boolean => now - frame.queuedAt > this.#maxAge;
    const staleVideo = this.#frames.findLastIndex((frame) => frame.kind === 'video' && isStale(frame));
    const nextKey = this.#frames.findIndex((frame, index) => index > staleVideo && frame.kind === 'video' && frame.record.key);
    const resumeAt = nextKey === -1 ? this.#frames.length : nextKey;
    const before = this.#frames.length;
    let droppedVideo = 0;
    this.#frames = this.#frames.filter((frame, index) => {
      if (frame.kind === 'audio') return !isStale(frame);
      const keep = staleVideo === -1 || index >= resumeAt;
      if (!keep) droppedVideo++;
      return keep;
    });
    if (droppedVideo > 0 && nextKey === -1) this.#needsKey = true;
    this.#dropped += droppedVideo;
    return before !== this.#frames.length && droppedVideo > 0;
  }

  /** Forgets everything, after a reconnect: nothing stale is replayed. Video goes on with a key frame. */
  clear(): void {
    this.#dropped += this.#frames.filter((frame) => frame.kind === 'video').length;
    this.#frames = [];
    this.#needsKey = true;
  }
}
