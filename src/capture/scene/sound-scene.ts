/**
 * What the viewers hear: a feed of sound, or silence where it is muted, gone or stuck; on one timeline, whatever feeds it.
 *
 *   waiting ──block──▶ sounding ⇄ silent (muted; no block for PATIENCE)
 */
import type { Milliseconds, Ticks } from '../../protocol/units.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';
import { TIMESCALE } from '../encoded-track.ts';
import { FeedReader } from '../feed-reader.ts';
import { FeedTimeline } from '../feed-timeline.ts';
import type { SoundFeed } from '../publisher-events.ts';
import { retimed, silentBlock } from './sound-blocks.ts';

export interface SoundSceneOptions {
  readonly now: () => Milliseconds;
  readonly timers: Timers;
  /** Wall clock at 0 of the timeline; null before the first block. */
  readonly origin: () => Milliseconds | null;
  /**
   * Takes over the block.
   *
   * @param made here and now rather than captured: it says nothing of a microphone's clock
   */
  readonly block: (block: AudioData, made: boolean) => void;
  /** The feed has ended by itself or broke. */
  readonly ended: (cause: unknown) => void;
}

const TICK: Milliseconds = 100;
/** A microphone that gives nothing for so long is silent; the server waits for a second. */
const PATIENCE: Milliseconds = 600;
/** Silence that could not be made in time is not made up for. */
const LONGEST: Ticks = TIMESCALE;

export class SoundScene {
  readonly #options: SoundSceneOptions;
  readonly #timeline: FeedTimeline;
  readonly #ticker: TimerId;
  #feed: FeedReader<AudioData> | null = null;
  #muted = false;
  #format: { readonly sampleRate: number; readonly channels: number } | null = null;
  /** Where what was given ends. */
  #end: Ticks = 0;
  #blockAt: Milliseconds = 0;
  /** Where the silence that was made ends. */
  #silentUntil: Ticks = Number.NEGATIVE_INFINITY;

  constructor(options: SoundSceneOptions) {
    this.#options = options;
    this.#timeline = new FeedTimeline(options.origin);
    this.#ticker = options.timers.setInterval(() => this.#tick(), TICK);
  }

  /** Another feed from here on; null is silence. */
  setFeed(feed: SoundFeed | null): void {
    this.#feed?.close();
    this.#feed = null;
    this.#timeline.restart();
    if (feed === null) return;
    this.#feed = new FeedReader(feed, {
      frame: (block) => this.#onBlock(block),
      ended: (cause) => {
        this.setFeed(null);
        this.#options.ended(cause);
      },
    });
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  close(): void {
    this.#options.timers.clearInterval(this.#ticker);
    this.#feed?.close();
  }

  #onBlock(block: AudioData): void {
    const now = this.#options.now();
    const duration = (block.numberOfFrames * TIMESCALE) / block.sampleRate;
    if (this.#muted && this.#format !== null) {
      block.close();
      return;
    }
    const end = this.#timeline.map(block.timestamp + duration, now);
    // Also where the block is late: as long as silence is made, no later one would be on time either.
    this.#blockAt = now;
    // Silence was made until just now: what was captured before is heard no more. Other blocks overlap where their times jitter, and all count.
    if (end - duration / 2 < this.#silentUntil) {
      block.close();
      return;
    }
    this.#format = { sampleRate: block.sampleRate, channels: block.numberOfChannels };
    this.#end = end;
    this.#options.block(retimed(block, Math.round(end - duration)), false);
  }

  #tick(): void {
    const now = this.#options.now();
    const format = this.#format;
    if (format === null || (!this.#muted && now - this.#blockAt < PATIENCE)) return;
    const until = this.#timeline.at(now);
    const start = until - this.#end > LONGEST ? until - (TICK * TIMESCALE) / 1_000 : this.#end;
    const frames = Math.floor(((until - start) * format.sampleRate) / TIMESCALE);
    if (frames <= 0) return;
    this.#end = start + (frames * TIMESCALE) / format.sampleRate;
    this.#silentUntil = this.#end;
    this.#options.block(silentBlock(format, frames, Math.round(start)), true);
  }
}
