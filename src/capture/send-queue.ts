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
  /** Tracks of video that have come, and of them those that go on from a key frame. */
  readonly #known = new Set<number>();
  readonly #flowing = new Set<number>();
  #dropped = 0;

  constructor(options: SendQueueOptions) {
    this.#maxAge = options.maxAge;
  }

  /** Whether only a key frame of video can follow: the caller asks its encoder for one when there is room again. */
  get needsKey(): boolean {
    return this.#known.size === 0 || this.#flowing.size < this.#known.size;
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
      const { track, key } = frame.record;
      this.#known.add(track);
      if (!this.#flowing.has(track) && !key) {
        this.#dropped++;
        return;
      }
      this.#flowing.add(track);
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
    const before = this.#frames.length;
    const droppedSound = this.#frames.filter((frame) => frame.kind === 'audio' && isStale(frame)).length;
    // Layers do not depend on each other: each goes on from its own next key frame.
    const resumeAt = new Map([...this.#flowing].map((track) => [track, this.#resumeAt(track, isStale)]));
    this.#frames = this.#frames.filter((frame, index) =>
      frame.kind === 'audio' ? !isStale(frame) : index >= (resumeAt.get(frame.record.track) ?? 0),
    );
    const droppedVideo = before - this.#frames.length - droppedSound;
    this.#dropped += droppedVideo;
    return droppedVideo > 0;
  }

  /** Index of the first frame of this track that is kept. */
  #resumeAt(track: number, isStale: (frame: OutgoingFrame) => boolean): number {
    const isOf = (frame: OutgoingFrame): boolean => frame.kind === 'video' && frame.record.track === track;
    const stale = this.#frames.findLastIndex((frame) => isOf(frame) && isStale(frame));
    if (stale === -1) return 0;
    const nextKey = this.#frames.findIndex((frame, index) => index > stale && isOf(frame) && frame.record.key);
    if (nextKey === -1) this.#flowing.delete(track);
    return nextKey === -1 ? this.#frames.length : nextKey;
  }

  /** Forgets everything, after a reconnect: nothing stale is replayed. Video goes on with a key frame. */
  clear(): void {
    this.#dropped += this.#frames.filter((frame) => frame.kind === 'video').length;
    this.#frames = [];
    this.#known.clear();
    this.#flowing.clear();
  }
}
