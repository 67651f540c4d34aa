/**
 * A session's frames as what viewers on sockets get: one fragment a picture, sound in fragments of two frames, each encoded once. It keeps
 * what has come since each picture's newest key frame, for those who join in between.
 */
import { encodeMediaPart, type MediaTracks, type Milliseconds, type Seconds } from '../../../src/protocol/index.ts';
import type { EpochInfo, EpochTrack, Frame, Output } from '../hub/media.ts';
import type { Session } from '../hub/session.ts';
import { writeFragment } from '../packaging/fragment.ts';
import { describeTracks, epochByte, initFrame, type Lane, laneOf, lanesOf, mediaFrame } from './lanes.ts';

/** Sound waits for this long, or for the next picture: alone it would be most of what sockets have to write. */
const LONGEST_SOUND: Milliseconds = 40;
/** Kept of sound that has no picture beside it. */
const RECENT_SOUND: Seconds = 0.5;
/** What is kept of one picture. A newcomer gets it at once, and sockets are cut off at 8 MiB. */
const MOST_KEPT_BYTES = 6 * 1024 * 1024;

export interface FeedPart {
  readonly lane: Lane;
  readonly key: boolean;
  /** The same bytes for every viewer, as they go onto the wire. */
  readonly frame: Buffer;
  readonly start: Seconds;
  readonly end: Seconds;
}

export interface FeedListener {
  /** Other lanes from here on. */
  epoch(feed: SessionFeed): void;
  /** One more lane. */
  lane(feed: SessionFeed, lane: Lane): void;
  part(part: FeedPart): void;
}

interface Running {
  readonly info: EpochInfo;
  readonly lanes: readonly Lane[];
  readonly inits: ReadonlyMap<Lane, Buffer>;
}

export class SessionFeed implements Output {
  readonly session: Session;
  readonly #listener: FeedListener;
  readonly #sequences = new Map<string, number>();
  #running: Running | null = null;
  #kept: FeedPart[] = [];
  #sound: Frame[] = [];

  constructor(session: Session, listener: FeedListener) {
    this.session = session;
    this.#listener = listener;
  }

  get lanes(): readonly Lane[] {
    return this.#running?.lanes ?? [];
  }

  /** Null before the first epoch. */
  get tracks(): MediaTracks | null {
    return this.#running === null ? null : describeTracks(this.session, this.#running.info, this.#running.lanes);
  }

  /** Since the newest key frames, in the order in which it came. */
  get kept(): readonly FeedPart[] {
    return this.#kept;
  }

  init(lane: Lane): Buffer | undefined {
    return this.#running?.inits.get(lane);
  }

  epoch(info: EpochInfo): void {
    this.#flushSound();
    const lanes = lanesOf(this.session, info);
    this.#running = { info, lanes, inits: new Map(lanes.map((lane) => [lane, initFrame(this.session.stream, info, lane)])) };
    this.#kept = [];
    this.#listener.epoch(this);
  }

  track(rendition: string, { config }: EpochTrack): void {
    const running = this.#running;
    const lane = laneOf(this.session, rendition, config);
    if (running === null || lane === null) return;
    const init = initFrame(this.session.stream, running.info, lane);
    this.#running = { ...running, lanes: [...running.lanes, lane], inits: new Map(running.inits).set(lane, init) };
    this.#listener.lane(this, lane);
  }

  frame(frame: Frame): void {
    const lane = this.#lane(frame);
    if (lane === undefined) return;
    if (lane.config.kind === 'audio') {
      this.#hear(lane, frame);
      return;
    }
    this.#emit(lane, [frame]);
    this.#flushSound();
  }

  gap(): void {
    this.#flushSound();
    // What comes behind a gap begins with a key frame of its own.
    this.#kept = [];
  }

  end(): void {
    this.#flushSound();
    this.#kept = [];
  }

  #lane({ rendition }: Frame): Lane | undefined {
    return this.#running?.lanes.find((lane) => lane.rendition.id === rendition);
  }

  #hear({ rendition }: Lane, frame: Frame): void {
    const last = this.#sound.at(-1);
    // A fragment has one decode time: a hole, or another track, begins a new one.
    if (last !== undefined && (last.rendition !== frame.rendition || last.dts + last.duration !== frame.dts)) this.#flushSound();
    this.#sound.push(frame);
    const waiting = this.#sound.reduce((sum, { duration }) => sum + duration, 0);
    // Durations follow the microphone's clock and are a little off.
    if (waiting * 1000 >= 0.95 * LONGEST_SOUND * rendition.timescale) this.#flushSound();
  }

  #flushSound(): void {
    const [first] = this.#sound;
    const lane = first === undefined ? undefined : this.#lane(first);
    const frames = this.#sound;
    this.#sound = [];
    if (lane !== undefined) this.#emit(lane, frames);
  }

  #emit(lane: Lane, frames: readonly Frame[]): void {
    const { rendition, track, config } = lane;
    const [first, last] = [frames[0], frames.at(-1)];
    if (this.#running === null || first === undefined || last === undefined) return;
    const sequence = (this.#sequences.get(rendition.id) ?? 0) + 1;
    this.#sequences.set(rendition.id, sequence);
    const capturedAt = (this.session.zero ?? 0) + ((first.dts + first.cts) * 1000) / rendition.timescale;
    const fragment = writeFragment(config.kind, sequence, frames);
    const payload = encodeMediaPart({ track, epoch: epochByte(this.#running.info), capturedAt, fragment });
    const part: FeedPart = {
      lane,
      key: first.key,
      frame: mediaFrame(this.session.stream, 'part', payload),
      start: first.dts / rendition.timescale,
      end: (last.dts + last.duration) / rendition.timescale,
    };
    this.#keep(part);
    this.#listener.part(part);
  }

  #keep(part: FeedPart): void {
    if (isSound(part)) this.#keepSound(part);
    else if (part.key) this.#keepKey(part);
    else this.#keepPicture(part);
  }

  #keepKey(part: FeedPart): void {
    const others = this.#kept.filter((kept) => kept.lane !== part.lane);
    const oldest = others.reduce((least, kept) => (isSound(kept) ? least : Math.min(least, kept.start)), part.start);
    // Tracks arrive interleaved: sound that belongs behind the key frame may already be here.
    this.#kept = [part, ...others.filter((kept) => !isSound(kept) || kept.end > oldest)];
  }

  #keepPicture(part: FeedPart): void {
    const before = this.#kept.filter(({ lane }) => lane === part.lane);
    if (before.length === 0) return;
    const bytes = before.reduce((sum, { frame }) => sum + frame.byteLength, part.frame.byteLength);
    if (bytes <= MOST_KEPT_BYTES) this.#kept.push(part);
    // Whoever joins now waits for the next key frame.
    else this.#kept = this.#kept.filter(({ lane }) => lane !== part.lane);
  }

  #keepSound(part: FeedPart): void {
    this.#kept.push(part);
    if (this.#kept.every(isSound)) this.#kept = this.#kept.filter(({ end }) => end > part.end - RECENT_SOUND);
  }
}

const isSound = ({ lane }: FeedPart): boolean => lane.config.kind === 'audio';
