/** One broadcaster on a stream, from its join to its end; what it sends goes to the stream's session while it is the current one. */
import type { BitsPerSecond, Milliseconds, Ticks } from '../../../src/protocol/index.ts';
import { CaptureClock } from './capture-clock.ts';
import { Epoch, type SourceFrame, type SourceTrack } from './epoch.ts';
import type { Session } from './session.ts';

/** Why a broadcaster is told to stop. */
export type StopReason = 'taken-over' | 'ended' | 'draining' | 'unauthorized' | 'limit';

/** What viewers are told of a stream. Undefined leaves it as it is, empty takes it away. */
export interface StreamInfo {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

/** How the hub reaches the broadcaster. */
export interface Broadcaster {
  keyframe(): void;
  bitrate(track: number, bps: BitsPerSecond): void;
  stopped(reason: StopReason): void;
}

export interface PublicationHost {
  readonly now: Milliseconds;
  /** The session for these tracks: the running one, or a new one where they would change its fixed set. */
  sessionFor(tracks: readonly SourceTrack[]): Session;
  described(publication: Publication, info: StreamInfo): void;
  ended(publication: Publication): void;
  dropped(publication: Publication): void;
}

/** Key frames are asked for at most this often: an encoder takes a moment to answer. */
const KEYFRAME_PATIENCE: Milliseconds = 500;

export class Publication {
  /** Proves, on another socket or after a reload, that it is the same broadcaster. */
  readonly publishKey: string;
  readonly subject: string | null;
  readonly #host: PublicationHost;
  readonly #broadcaster: Broadcaster;
  #session: Session;
  #epoch: Epoch;
  #clock: CaptureClock;
  #active = true;
  #keyframeAsked: Milliseconds = Number.NEGATIVE_INFINITY;
  lastFrameAt: Milliseconds | null = null;

  constructor(
    host: PublicationHost,
    broadcaster: Broadcaster,
    identity: { publishKey: string; subject: string | null },
    tracks: readonly SourceTrack[],
  ) {
    this.#host = host;
    this.#broadcaster = broadcaster;
    this.publishKey = identity.publishKey;
    this.subject = identity.subject;
    this.#session = host.sessionFor(tracks);
    this.#clock = new CaptureClock(tracks);
    this.#epoch = this.#openEpoch(tracks);
  }

  get session(): Session {
    return this.#session;
  }

  get epochNumber(): number {
    return this.#epoch.number;
  }

  /** False once another has taken over or the stream has ended; frames are then ignored. */
  get active(): boolean {
    return this.#active;
  }

  get gathering(): boolean {
    return this.#epoch.gathering;
  }

  frame(frame: SourceFrame): void {
    if (!this.#active) return;
    const now = this.#host.now;
    this.lastFrameAt = now;
    this.#epoch.frame(frame, now);
  }

  /** Lets an epoch begin that waited in vain for a track. */
  advance(): void {
    if (this.#active) this.#epoch.advance(this.#host.now);
  }

  clock(track: number, dts: Ticks, wall: Milliseconds, offset: Milliseconds | undefined): boolean {
    if (!this.#clock.has(track)) return false;
    this.#clock.anchor(track, dts, wall, offset);
    this.advance();
    return true;
  }

  /** Opens a new epoch in place; frames of it follow. Returns its number. */
  tracks(tracks: readonly SourceTrack[]): number {
    this.#session = this.#host.sessionFor(tracks);
    this.#clock = new CaptureClock(tracks);
    this.#epoch = this.#openEpoch(tracks);
    this.#keyframeAsked = Number.NEGATIVE_INFINITY;
    return this.#epoch.number;
  }

  /** Frames of this broadcaster were refused. */
  lost(): void {
    this.#epoch.lost();
    this.requestKeyframe();
  }

  requestKeyframe(): void {
    const now = this.#host.now;
    if (!this.#active || now - this.#keyframeAsked < KEYFRAME_PATIENCE) return;
    this.#keyframeAsked = now;
    this.#broadcaster.keyframe();
  }

  limitBitrate(track: number, bps: BitsPerSecond): void {
    if (this.#active) this.#broadcaster.bitrate(track, bps);
  }

  /** The broadcaster says what its viewers are told. */
  describe(info: StreamInfo): void {
    if (this.#active) this.#host.described(this, info);
  }

  /** The broadcaster ends the stream. */
  end(): void {
    if (this.#active) this.#host.ended(this);
  }

  /** The broadcaster's connection is gone; it may come back. */
  drop(): void {
    if (this.#active) this.#host.dropped(this);
  }

  /** The hub takes the stream away from it. */
  stop(reason: StopReason | null): void {
    if (!this.#active) return;
    this.#active = false;
    if (reason !== null) this.#broadcaster.stopped(reason);
  }

  #openEpoch(tracks: readonly SourceTrack[]): Epoch {
    this.#session.route(tracks);
    return new Epoch(this.#session.allocateEpoch(), tracks, this.#clock, this.#session);
  }
}
