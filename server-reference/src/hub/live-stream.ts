/**
 * One name that may be broadcast to and watched.
 *
 *              first frames                    connection lost
 *   waiting ────────────────▶ live ──────────────────────────────▶ away
 *                              ▲ ▲        first frames again         │
 *                              │ └────────────────────────────────────┤
 *                 first frames │                 `end`                │ `end`, or GRACE has passed
 *                              │   ┌──────────── (from live)          │
 *                            ended ◀──────────────────────────────────┘
 */
import { timingSafeEqual } from 'node:crypto';
import { LIMITS, type Milliseconds } from '../../../src/protocol/index.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { Audience, type Viewer } from './audience.ts';
import type { Derivation } from './derivation.ts';
import type { SourceTrack } from './epoch.ts';
import type { OpenStage } from './frame-stage.ts';
import type { PackagingTerms, SessionTerms } from './media.ts';
import {
  type Broadcaster,
  Publication,
  type PublicationHost,
  type RecordingNotice,
  type StopReason,
  type StreamInfo,
} from './publication.ts';
import { renditionsOf, Session } from './session.ts';

export type StreamState = 'waiting' | 'live' | 'away' | 'ended';

export interface StreamStatus {
  readonly name: string;
  readonly state: StreamState;
  readonly session: string | null;
  readonly startedAt: Milliseconds | null;
  readonly title: string | null;
  readonly description: string | null;
  readonly viewers: number;
  /** Null where the session is not to be recorded. */
  readonly recording: RecordingNotice | null;
}

export interface StreamOptions {
  readonly clock: Clock;
  readonly partDuration: Milliseconds;
  readonly window: Milliseconds;
  readonly derivation?: Derivation | undefined;
  /** A random id in `a-z0-9`. */
  readonly randomId: (length: number) => string;
  readonly opened: (session: Session) => void;
  /** It may have become idle. */
  readonly changed: (stream: LiveStream) => void;
}

export interface PublishRequest {
  /** None where they are not known before the first bytes. */
  readonly tracks: readonly SourceTrack[];
  /** Whether the timestamps of all tracks count from one origin. */
  readonly sharedTimeline?: boolean;
  /** Whether frames come many at once, with silence between. */
  readonly bursty?: boolean;
  readonly publishKey: string | null;
  readonly subject: string | null;
  /** Asks to replace whoever is on air. */
  readonly takeOver?: boolean;
  /** Whether it may replace anybody, whoever that is. */
  readonly moderates?: boolean;
  readonly title: string | null;
  readonly description: string | null;
  readonly record?: boolean;
  readonly packaging?: PackagingTerms;
  readonly broadcaster: Broadcaster;
  /** What its frames pass through, opened once whoever was there before is gone. */
  readonly stage?: OpenStage | undefined;
}

/** Another broadcaster has the stream. */
export interface StreamTaken {
  readonly mayTakeOver: boolean;
}

/** A dropped broadcaster keeps its stream for this long. */
const GRACE: Milliseconds = LIMITS.resumeMs;
/** A connected broadcaster that sends nothing for this long has gaps; uplinks stall for less. */
const STALL: Milliseconds = 2_000;
/** Gaps stay this far behind the present, so that the first frame of a return is not before them. */
const GAP_DELAY: Milliseconds = 500;

export class LiveStream implements PublicationHost {
  readonly name: string;
  readonly #options: StreamOptions;
  readonly #audience: Audience<StreamStatus>;
  #state: StreamState = 'waiting';
  /** What the broadcaster's frames go to. */
  #session: Session | null = null;
  /** The id of the next session, where somebody has been told it. */
  #reservedId: string | null = null;
  /** The newest session that has frames: the one that can be watched. */
  #begun: Session | null = null;
  #publication: Publication | null = null;
  /** How late frames of whoever broadcasts, or did last, may be. */
  #burst: Milliseconds = 0;
  /** Who may take over while nobody is connected. */
  #owner: { publishKey: string; subject: string | null } | null = null;
  #startedAt: Milliseconds | null = null;
  #title: string | null = null;
  #description: string | null = null;
  #recording: RecordingNotice | null = null;
  #cancelGrace: CancelTimer | null = null;
  #cancelTick: CancelTimer | null = null;

  constructor(name: string, options: StreamOptions) {
    this.name = name;
    this.#options = options;
    this.#audience = new Audience(options.clock);
  }

  get now(): Milliseconds {
    return this.#options.clock.now();
  }

  after(delay: Milliseconds, task: () => void): CancelTimer {
    return this.#options.clock.after(delay, task);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** The session that can be watched; it goes on being named once it has ended. */
  get session(): Session | null {
    return this.#begun;
  }

  /** The token's subject of whoever broadcasts or may come back. */
  get ownerSubject(): string | null {
    return this.#owner?.subject ?? null;
  }

  get status(): StreamStatus {
    return {
      name: this.name,
      state: this.#state,
      session: this.#begun?.id ?? null,
      startedAt: this.#startedAt,
      title: this.#title,
      description: this.#description,
      viewers: this.#audience.size,
      recording: this.#state === 'ended' ? null : this.#recording,
    };
  }

  /** Whether somebody broadcasts or may come back. */
  get occupied(): boolean {
    return this.#owner !== null;
  }

  /** Whether forgetting it would lose anything. */
  get idle(): boolean {
    return this.#owner === null && this.#audience.empty;
  }

  /** A stream that is on air or may come back is only for whoever owns it, or takes it over and may. */
  publish(request: PublishRequest): Publication | StreamTaken {
    const owner = this.#owner;
    const own = owner === null || this.#isOwn(owner, request);
    const mayTakeOver = request.moderates === true || (request.subject !== null && request.subject === owner?.subject);
    if (!own && !(mayTakeOver && request.takeOver === true)) return { mayTakeOver };
    this.#publication?.stop('taken-over');
    this.#publication = null;
    this.#cancelGrace?.();
    this.#cancelGrace = null;
    // The key of whom somebody else replaces is no longer good: it would take the stream back at its next attempt.
    const identity = {
      publishKey: own && owner !== null ? owner.publishKey : this.#options.randomId(32),
      subject: request.subject ?? (own ? (owner?.subject ?? null) : null),
    };
    this.#owner = identity;
    // Who comes back need not say it again; who comes after somebody else does not speak under their title.
    this.#title = request.title ?? (owner === null ? null : this.#title);
    this.#description = request.description ?? (owner === null ? null : this.#description);
    const terms = { record: request.record ?? false, packaging: request.packaging ?? {} };
    const publication = new Publication(this, request.broadcaster, identity, request.tracks, terms, request);
    this.#publication = publication;
    this.#cancelTick ??= this.#options.clock.after(this.#options.partDuration, () => this.#tick());
    return publication;
  }

  /** By the key at once, since a page that reloads is faster than the end of its socket; by the subject once nobody is connected. */
  #isOwn(owner: { publishKey: string; subject: string | null }, { publishKey, subject }: PublishRequest): boolean {
    if (publishKey !== null && equalInConstantTime(publishKey, owner.publishKey)) return true;
    return this.#publication === null && subject !== null && subject === owner.subject;
  }

  get sessionId(): string {
    if (this.#session?.ended === false) return this.#session.id;
    this.#reservedId ??= this.#options.randomId(12);
    return this.#reservedId;
  }

  sessionFor(tracks: readonly SourceTrack[], terms: SessionTerms): Session {
    const current = this.#session;
    if (current !== null && !current.ended && current.accepts(tracks)) return current;
    // What would change the fixed set of renditions opens a new session; the old one ends with what it has.
    current?.end();
    const session = new Session({
      id: this.#reservedId ?? this.#options.randomId(12),
      stream: this.name,
      renditions: [...renditionsOf(tracks), ...(this.#options.derivation?.renditions(tracks) ?? [])],
      derivation: this.#options.derivation,
      window: (terms.packaging.window ?? this.#options.window) / 1000,
      terms,
      opened: (opened) => this.#opened(opened),
      keyframeNeeded: () => this.requestKeyframe(),
    });
    this.#session = session;
    this.#reservedId = null;
    return session;
  }

  requestKeyframe(): void {
    this.#publication?.requestKeyframe();
  }

  ended(publication: Publication): void {
    if (publication === this.#publication) this.#end(null);
  }

  described(publication: Publication, { title, description }: StreamInfo): void {
    if (publication !== this.#publication) return;
    if (title !== undefined) this.#title = title === '' ? null : title;
    if (description !== undefined) this.#description = description === '' ? null : description;
    this.#audience.tell(this.status);
  }

  dropped(publication: Publication): void {
    if (publication !== this.#publication) return;
    publication.stop(null);
    this.#publication = null;
    if (this.#state === 'live') {
      this.#become('away');
    } else if (this.#state !== 'away') {
      this.#end(null);
      return;
    }
    this.#cancelGrace?.();
    this.#cancelGrace = this.#options.clock.after(GRACE, () => this.#end(null));
  }

  /** Whoever records says how that stands. */
  recording(notice: RecordingNotice): void {
    this.#recording = notice;
    this.#publication?.tellRecording(notice);
  }

  /** Counts a viewer until the returned function is called, and tells it every change. */
  watch(viewer: Viewer<StreamStatus>): () => void {
    const leave = this.#audience.add(viewer);
    return () => {
      leave();
      this.#options.changed(this);
    };
  }

  close(reason: StopReason): void {
    if (this.#owner !== null) this.#end(reason);
    this.#audience.close();
  }

  #opened(session: Session): void {
    this.#begun = session;
    this.#recording = null;
    this.#startedAt = this.now;
    this.#options.opened(session);
  }

  #end(reason: StopReason | null): void {
    this.#cancelGrace?.();
    this.#cancelTick?.();
    this.#cancelGrace = null;
    this.#cancelTick = null;
    this.#publication?.stop(reason);
    this.#publication = null;
    this.#owner = null;
    this.#session?.end();
    if (this.#state === 'live' || this.#state === 'away') this.#become('ended');
    else this.#options.changed(this);
  }

  /** Once a part: lets a waiting epoch begin, notices the first frames, and keeps playlists moving while nothing comes. */
  #tick(): void {
    const part = this.#session?.packaging.partDuration ?? this.#options.partDuration;
    this.#cancelTick = this.#options.clock.after(part, () => this.#tick());
    const publication = this.#publication;
    publication?.advance();
    if (publication !== null) this.#burst = publication.burst;
    const session = this.#session;
    if (session === null || !session.begun) return;
    const now = this.now;
    const silent = publication === null || (publication.lastFrameAt === null && !publication.gathering);
    const stalled = publication !== null && publication.lastFrameAt !== null && now - publication.lastFrameAt >= STALL + this.#burst;
    if (silent || stalled) session.gap(now - GAP_DELAY - this.#burst);
  }

  /** An epoch has begun: frames flow, maybe in a session that nobody has heard of yet. */
  flowing(): void {
    if (this.#publication !== null) this.#become('live');
  }

  #become(state: StreamState): void {
    this.#state = state;
    this.#audience.tell(this.status);
    this.#options.changed(this);
  }
}

function equalInConstantTime(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
