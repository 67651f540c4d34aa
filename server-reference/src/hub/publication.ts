/** One broadcaster on a stream, from its join to its end; what it sends goes to the stream's session while it is the current one. */
import type { BitsPerSecond, Milliseconds, Ticks } from '../../../src/protocol/index.ts';
import type { CancelTimer } from '../clock.ts';
import { Bursts } from './burst.ts';
import { CaptureClock } from './capture-clock.ts';
import { Epoch, type SourceFrame, type SourceTrack } from './epoch.ts';
import type { FrameStage, OpenStage, StageHost } from './frame-stage.ts';
import type { SessionTerms } from './media.ts';
import type { Session } from './session.ts';

/** Why a broadcaster is told to stop. */
export type StopReason = 'taken-over' | 'ended' | 'draining' | 'unauthorized' | 'limit';

/** What viewers are told of a stream. Undefined leaves it as it is, empty takes it away. */
export interface StreamInfo {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

/** How the recording stands that a broadcaster asked for. It stops before the stream where it is forbidden or the disk fails it. */
export type RecordingNotice =
  | { readonly state: 'recording' }
  | { readonly state: 'stopped'; readonly reason: 'forbidden' | 'disk-full' | 'disk-slow' | 'disk-failed' };

/** How the hub reaches the broadcaster. */
export interface Broadcaster {
  keyframe(): void;
  bitrate(track: number, bps: BitsPerSecond): void;
  stopped(reason: StopReason): void;
  recording?(notice: RecordingNotice): void;
}

export interface PublicationHost {
  readonly now: Milliseconds;
  after(delay: Milliseconds, task: () => void): CancelTimer;
  /** The id of the running session, or the one that the next will have. */
  readonly sessionId: string;
  /** The session for these tracks: the running one, or a new one where they would change its fixed set. */
  sessionFor(tracks: readonly SourceTrack[], terms: SessionTerms): Session;
  described(publication: Publication, info: StreamInfo): void;
  ended(publication: Publication): void;
  dropped(publication: Publication): void;
}

/** Key frames are asked for at most this often: an encoder takes a moment to answer. */
const KEYFRAME_PATIENCE: Milliseconds = 500;

export class Publication implements StageHost {
  /** Proves, on another socket or after a reload, that it is the same broadcaster. */
  readonly publishKey: string;
  readonly subject: string | null;
  readonly #host: PublicationHost;
  readonly #broadcaster: Broadcaster;
  readonly #terms: SessionTerms;
  readonly #sharedTimeline: boolean;
  readonly #bursts: Bursts<SourceFrame> | null;
  readonly #stage: FrameStage | null;
  #timescales: ReadonlyMap<number, number> = new Map();
  #session: Session | null = null;
  /** Null until it is known what will be sent: a container says so in its bytes. */
  #epoch: Epoch | null = null;
  #clock: CaptureClock | null = null;
  /** What the broadcaster said of its clock before its tracks were known. */
  #early: { dts: Ticks; wall: Milliseconds; offset: Milliseconds | undefined } | null = null;
  #active = true;
  #keyframeAsked: Milliseconds = Number.NEGATIVE_INFINITY;
  lastFrameAt: Milliseconds | null = null;

  constructor(
    host: PublicationHost,
    broadcaster: Broadcaster,
    identity: { publishKey: string; subject: string | null },
    tracks: readonly SourceTrack[],
    terms: SessionTerms,
    { sharedTimeline = false, bursty = false, stage }: { sharedTimeline?: boolean; bursty?: boolean; stage?: OpenStage | undefined } = {},
  ) {
    this.#bursts = bursty ? new Bursts(host, (frame) => this.#epoch?.frame(frame, host.now)) : null;
    this.#terms = terms;
    this.#sharedTimeline = sharedTimeline;
    this.#host = host;
    this.#broadcaster = broadcaster;
    this.publishKey = identity.publishKey;
    this.subject = identity.subject;
    this.#stage = stage?.(this) ?? null;
    if (tracks.length > 0) this.tracks(tracks);
  }

  /** Null until its tracks are known. */
  get session(): Session | null {
    return this.#session;
  }

  get sessionId(): string {
    return this.#session?.id ?? this.#host.sessionId;
  }

  /** 0 until its tracks are known. */
  get epochNumber(): number {
    return this.#epoch?.number ?? 0;
  }

  /** False once another has taken over or the stream has ended; frames are then ignored. */
  get active(): boolean {
    return this.#active;
  }

  /** How long nothing may come although all is well; frames are then as late as that. */
  get burst(): Milliseconds {
    return this.#bursts?.longest ?? 0;
  }

  get gathering(): boolean {
    return this.#epoch?.gathering === true;
  }

  get now(): Milliseconds {
    return this.#host.now;
  }

  frame(frame: SourceFrame): void {
    if (!this.#active) return;
    this.lastFrameAt = this.now;
    if (this.#stage === null) this.pass(frame);
    else this.#stage.frame(frame);
  }

  /** A frame is what it is to be. */
  pass(frame: SourceFrame): void {
    if (!this.#active) return;
    const { now } = this;
    if (this.#bursts === null) this.#epoch?.frame(frame, now);
    else this.#bursts.push(frame.dts / (this.#timescales.get(frame.track) ?? 1), frame);
  }

  /** Lets an epoch begin that waited in vain for a track. */
  advance(): void {
    if (this.#active) this.#epoch?.advance(this.#host.now);
  }

  clock(track: number, dts: Ticks, wall: Milliseconds, offset: Milliseconds | undefined): boolean {
    if (this.#clock === null) {
      this.#early = { dts, wall, offset };
      return true;
    }
    if (!this.#clock.has(track)) return false;
    this.#clock.anchor(track, dts, wall, offset);
    this.advance();
    return true;
  }

  /** Opens a new epoch in place; frames of it follow. Returns its number. */
  tracks(sent: readonly SourceTrack[]): number {
    const tracks = this.#stage?.tracks(sent) ?? sent;
    this.#bursts?.flush();
    this.#timescales = new Map(tracks.map(({ id, timescale }) => [id, timescale]));
    const session = this.#host.sessionFor(tracks, this.#terms);
    this.#session = session;
    // Its times may be told of all that it sends.
    this.#clock = new CaptureClock(sent, this.#sharedTimeline);
    const [first] = sent;
    if (this.#early !== null && first !== undefined) this.#clock.anchor(first.id, this.#early.dts, this.#early.wall, this.#early.offset);
    this.#early = null;
    this.#epoch = new Epoch(session.allocateEpoch(), tracks, this.#clock, session, this.#bursts !== null);
    this.#keyframeAsked = Number.NEGATIVE_INFINITY;
    return this.#epoch.number;
  }

  /** Frames of this broadcaster were refused. */
  lost(): void {
    this.#stage?.lost();
    this.missing();
  }

  /** Pictures will not come that others depend on. */
  missing(): void {
    this.#epoch?.lost();
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

  tellRecording(notice: RecordingNotice): void {
    if (this.#active) this.#broadcaster.recording?.(notice);
  }

  /** The broadcaster says what its viewers are told. */
  describe(info: StreamInfo): void {
    if (this.#active) this.#host.described(this, info);
  }

  /** The broadcaster ends the stream. */
  end(): void {
    this.#bursts?.flush();
    // What was gathered is all there is.
    if (this.#active) this.#epoch?.advance(this.#host.now, true);
    if (this.#active) this.#host.ended(this);
  }

  /** The broadcaster's connection is gone; it may come back. */
  drop(): void {
    this.#bursts?.flush();
    if (this.#active) this.#host.dropped(this);
  }

  /** The hub takes the stream away from it. */
  stop(reason: StopReason | null): void {
    if (!this.#active) return;
    this.#bursts?.flush();
    this.#active = false;
    this.#stage?.close();
    if (reason !== null) this.#broadcaster.stopped(reason);
  }
}
