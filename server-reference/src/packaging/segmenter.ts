/**
 * Cuts all renditions of a session together (segment N of each covers the same time) on one list of boundaries.
 *
 * The first rendition that is alive drives: its key frames make the boundaries, and its frames pace the others, whose frames wait until
 * every boundary before them is known. That costs nothing, since a player needs both for the same instant.
 *
 *            a frame at a boundary (video: a key frame)
 *    gap ────────────────────────────────────────────────▶ media
 *     ▲                                                      │
 *     └── silent for LAG behind the others, or all silent ───┘
 *
 * A rendition in `gap` is filled with GAP parts, so that no playlist stands still. What is made here of another rendition comes later than
 * that: its gaps end further behind, or the key frame that it returns with would find its place taken.
 */
import type { Seconds } from '../../../src/protocol/index.ts';
import type { EpochInfo, EpochTrack, Frame } from '../hub/media.ts';
import type { Rendition } from './rendition.ts';

/** A rendition this far behind the others has stopped. Encoders and uplinks interleave tracks far closer than this. */
const LAG: Seconds = 1;
/** The gap of one that has stopped ends this far behind the others: encoded beside theirs, the key frame with which it returns comes later. */
const RETURN: Seconds = 0.15;
/** Both, for what is made here of another rendition: a transcoder has to start, and to decode, scale and encode. */
const DERIVED_LAG: Seconds = 1.5;
/** A gap that is shorter is left to the decoders' patience rather than listed. */
const SHORTEST_GAP: Seconds = 0.05;
/** A key frame ends a segment from this share of its duration on; earlier ones stay within. */
const EARLIEST_CUT = 0.75;
/** Rule 1: round(EXTINF) ≤ TARGETDURATION. A segment without a key frame is cut this long after its target. */
const CUT_SLACK: Seconds = 0.3;
/** A key frame is asked for when one is this late. */
const KEYFRAME_LATE: Seconds = 0.1;

interface Boundary {
  readonly time: Seconds;
  readonly epoch: EpochInfo | null;
}

interface Lane {
  readonly rendition: Rendition;
  /** Whether the epoch has a track for it. */
  present: boolean;
  mode: 'media' | 'gap';
  queue: Frame[];
  /** End of the newest frame that arrived. */
  seen: Seconds;
  /** How many boundaries it has passed. */
  passed: number;
  /** Made here: where its epoch began, until something is in the segment that begins there. */
  start: Seconds | null;
}

const isDerived = ({ rendition }: Lane): boolean => rendition.info.from !== undefined;

export interface SegmenterOptions {
  readonly segmentDuration: Seconds;
  readonly targetDuration: Seconds;
  /** A segment is due and no key frame came, or one is needed to resume. */
  readonly keyframeNeeded: (renditionId: string) => void;
}

export class Segmenter {
  readonly #lanes: Lane[];
  readonly #options: SegmenterOptions;
  /** Boundaries that some lane has not passed yet; the first of them has the number `#dropped`. */
  #boundaries: Boundary[] = [];
  #dropped = 0;
  #lastBoundary: Seconds = 0;
  #epoch = 0;
  #silent = false;
  #asked = -1;

  constructor(renditions: readonly Rendition[], options: SegmenterOptions) {
    this.#options = options;
    this.#lanes = renditions.map((rendition) => ({ rendition, present: false, mode: 'gap', queue: [], seen: 0, passed: 0, start: null }));
  }

  epoch(info: EpochInfo): void {
    if (this.#epoch > 0 && info.at - this.#frontier() > SHORTEST_GAP) this.gap(info.at, true);
    this.#flush();
    for (const lane of this.#lanes) {
      if (isDerived(lane) && lane.mode === 'gap') this.#fill(lane, info.at, true);
      this.#pass(lane, Number.POSITIVE_INFINITY);
    }
    // A gap may have ended on a boundary: the segment that was begun there is empty, and becomes the epoch's first.
    const fresh = this.#lanes.every(({ rendition }) => rendition.open !== null && !rendition.filled);
    if (!fresh) this.#push({ time: info.at, epoch: info });
    for (const lane of this.#lanes) {
      if (fresh) this.#beginEpoch(lane, info).reopen(info.number, true);
      else this.#pass(lane, Number.POSITIVE_INFINITY);
      lane.present = info.tracks.has(lane.rendition.info.id);
      lane.mode = lane.present && !isDerived(lane) ? 'media' : 'gap';
      lane.seen = info.at;
      lane.start = isDerived(lane) ? info.at : null;
    }
    this.#silent = false;
    this.#prune();
  }

  /** A rendition that is made here has been configured within the epoch. */
  track(id: string, track: EpochTrack): void {
    const lane = this.#lanes.find(({ rendition }) => rendition.info.id === id);
    if (lane === undefined) return;
    lane.rendition.configure(this.#epoch, track);
    lane.present = true;
  }

  frame(frame: Frame): void {
    const lane = this.#lanes.find(({ rendition }) => rendition.info.id === frame.rendition);
    if (lane === undefined || !lane.present) return;
    lane.queue.push(frame);
    lane.seen = (frame.dts + frame.duration) / lane.rendition.info.timescale;
    if (this.#silent) this.#wake(lane.seen);
    this.#drain();
  }

  /** Nothing more comes before `until`: every rendition has a gap from where it stands. */
  gap(until: Seconds, exact = false): void {
    this.#flush();
    if (!this.#silent) {
      this.#silent = true;
      // What is real stays playable: the gap begins with a segment of its own, in all renditions.
      this.#push({ time: this.#frontier(), epoch: null });
      // Renditions differ by less than LAG; the segment ends such that none exceeds the target duration.
      this.#lastBoundary = Math.min(...this.#lanes.map(({ rendition }) => rendition.frontierSeconds));
      for (const lane of this.#lanes) {
        if (isDerived(lane) && lane.mode === 'gap') this.#fill(lane, this.#frontier(), true);
        lane.mode = 'gap';
        this.#pass(lane, Number.POSITIVE_INFINITY);
      }
    }
    this.#pushVirtual(until);
    for (const lane of this.#lanes) this.#fill(lane, until, exact);
    this.#prune();
  }

  end(): void {
    this.#flush();
    const end = this.#frontier();
    for (const lane of this.#lanes) if (isDerived(lane) && lane.mode === 'gap') this.#fill(lane, end, true);
    for (const { rendition } of this.#lanes) rendition.end();
  }

  #frontier(): Seconds {
    return Math.max(...this.#lanes.map(({ rendition }) => rendition.frontierSeconds));
  }

  /** After silence all renditions get LAG to come back, so that the first in order drives again. */
  #wake(time: Seconds): void {
    this.#silent = false;
    for (const lane of this.#lanes) lane.seen = Math.max(lane.seen, time);
  }

  #drain(): void {
    const newest = Math.max(...this.#lanes.filter(({ present }) => present).map(({ seen }) => seen));
    const alive = (lane: Lane): boolean => lane.present && lane.seen > newest - (isDerived(lane) ? DERIVED_LAG : LAG);
    const driver = this.#lanes.find((lane) => alive(lane) && !isDerived(lane));
    if (driver === undefined) return;
    const pace = driver.mode === 'media' ? this.#drive(driver) : this.#resumeDriver(driver);
    for (const lane of this.#lanes) {
      if (lane === driver) continue;
      if (!alive(lane)) this.#stop(lane, pace);
      else if (lane.mode === 'media') this.#follow(lane, pace);
      else this.#resumeFollower(lane, pace);
    }
    this.#prune();
  }

  #drive(lane: Lane): Seconds {
    const { rendition } = lane;
    const scale = rendition.info.timescale;
    for (let frame = lane.queue.shift(); frame !== undefined; frame = lane.queue.shift()) {
      const time = frame.dts / scale;
      if (rendition.filled && time - rendition.frontierSeconds > SHORTEST_GAP) {
        this.gap(time, true);
        this.#wake(time);
        lane.queue.unshift(frame);
        return this.#resumeDriver(lane);
      }
      if (rendition.filled && this.#isDue(lane, frame)) this.#push({ time, epoch: null });
      this.#pass(lane, time);
      rendition.add(frame);
    }
    return rendition.frontierSeconds;
  }

  #isDue(lane: Lane, frame: Frame): boolean {
    const { rendition } = lane;
    const { segmentDuration, targetDuration } = this.#options;
    const scale = rendition.info.timescale;
    const length = frame.dts / scale - rendition.openStart;
    if (rendition.info.kind === 'audio') return length + frame.duration / scale / 2 >= segmentDuration;
    // One that was cut without a key frame ends at the first that comes, or segments would stay out of step with the key frames.
    if (frame.key) return length >= EARLIEST_CUT * segmentDuration || !rendition.openIndependent;
    if (length >= segmentDuration + KEYFRAME_LATE) this.#askForKeyframe(rendition);
    // Rule 13b: no key frame when a segment is due, so it is cut all the same.
    return length + frame.duration / scale > targetDuration + CUT_SLACK;
  }

  /** Once a segment. */
  #askForKeyframe(rendition: Rendition): void {
    const msn = rendition.next.msn;
    if (this.#asked === msn) return;
    this.#asked = msn;
    this.#options.keyframeNeeded(rendition.info.id);
  }

  /** A driver that was missing comes back with a key frame, which begins a segment in all renditions. */
  #resumeDriver(lane: Lane): Seconds {
    const { rendition } = lane;
    const scale = rendition.info.timescale;
    const reached = Math.max(
      rendition.frontierSeconds,
      ...this.#lanes.filter(({ mode }) => mode === 'media').map((it) => it.rendition.frontierSeconds),
    );
    for (let frame = lane.queue.shift(); frame !== undefined; frame = lane.queue.shift()) {
      const time = frame.dts / scale;
      const half = frame.duration / scale / 2;
      if (frame.key && time > reached - half && frame.dts >= rendition.frontier) {
        // Time may have made a boundary just here, and an empty segment of one would follow.
        if (time - this.#lastBoundary > half) this.#push({ time, epoch: null });
        this.#fill(lane, time, true);
        lane.mode = 'media';
        lane.queue.unshift(frame);
        return this.#drive(lane);
      }
      if (rendition.info.kind === 'video') this.#askForKeyframe(rendition);
    }
    this.#pushVirtual(lane.seen);
    this.#fill(lane, lane.seen);
    return lane.seen;
  }

  #follow(lane: Lane, pace: Seconds): void {
    const { rendition } = lane;
    const scale = rendition.info.timescale;
    for (let frame = lane.queue[0]; frame !== undefined && frame.dts / scale < pace; frame = lane.queue[0]) {
      lane.queue.shift();
      this.#place(lane, frame);
    }
  }

  #place(lane: Lane, frame: Frame): void {
    const { rendition } = lane;
    const scale = rendition.info.timescale;
    if (frame.dts < rendition.frontier) return;
    // To the nearest frame: its start is on either side of the boundary.
    this.#pass(lane, (frame.dts + frame.duration / 2) / scale);
    // A hole within a segment is a gap; the segment's first frame says itself where it begins.
    if (rendition.filled && (frame.dts - rendition.frontier) / scale > SHORTEST_GAP) rendition.fillGap(frame.dts, true);
    rendition.add(frame);
  }

  #resumeFollower(lane: Lane, pace: Seconds): void {
    const { rendition } = lane;
    const scale = rendition.info.timescale;
    for (let frame = lane.queue[0]; frame !== undefined && frame.dts / scale < pace; frame = lane.queue[0]) {
      lane.queue.shift();
      const time = frame.dts / scale;
      if (lane.start !== null && rendition.filled) lane.start = null;
      // Its epoch's first boundary has been passed with the others; what belongs behind it may still come.
      const boundary = lane.start === null ? this.#boundaries[lane.passed - this.#dropped] : { time: lane.start };
      const reach = (rendition.info.kind === 'audio' ? 1 : 0.5) * (frame.duration / scale);
      if (boundary !== undefined && frame.key && frame.dts >= rendition.frontier && Math.abs(time - boundary.time) <= reach) {
        if (lane.start === null) this.#fill(lane, boundary.time, true);
        lane.start = null;
        lane.mode = 'media';
        if (frame.dts >= rendition.frontier) this.#place(lane, frame);
        this.#follow(lane, pace);
        return;
      }
      this.#fill(lane, time);
    }
  }

  /** Takes what is left of a rendition that has fallen silent, and lets gaps follow. */
  #stop(lane: Lane, pace: Seconds): void {
    if (lane.mode === 'media') {
      for (const frame of lane.queue) this.#place(lane, frame);
      lane.mode = 'gap';
    }
    lane.queue = [];
    this.#fill(lane, pace - (isDerived(lane) ? DERIVED_LAG : RETURN));
  }

  #flush(): void {
    for (const lane of this.#lanes) {
      if (lane.mode === 'media') for (const frame of lane.queue) this.#place(lane, frame);
      lane.queue = [];
    }
  }

  #push(boundary: Boundary): void {
    this.#boundaries.push(boundary);
    this.#lastBoundary = boundary.time;
  }

  /** Where no key frame makes boundaries, time does. */
  #pushVirtual(until: Seconds): void {
    while (this.#lastBoundary + this.#options.segmentDuration <= until) {
      this.#push({ time: this.#lastBoundary + this.#options.segmentDuration, epoch: null });
    }
  }

  #fill(lane: Lane, until: Seconds, exact = false): void {
    const { rendition } = lane;
    const ticks = (time: Seconds): number => Math.round(time * rendition.info.timescale);
    for (
      let boundary = this.#boundaries[lane.passed - this.#dropped];
      boundary !== undefined && boundary.time <= until;
      boundary = this.#boundaries[lane.passed - this.#dropped]
    ) {
      rendition.fillGap(ticks(boundary.time), true);
      this.#passOne(lane, boundary);
    }
    rendition.fillGap(ticks(until), exact);
  }

  #pass(lane: Lane, until: Seconds): void {
    for (
      let boundary = this.#boundaries[lane.passed - this.#dropped];
      boundary !== undefined && boundary.time <= until;
      boundary = this.#boundaries[lane.passed - this.#dropped]
    ) {
      this.#passOne(lane, boundary);
    }
  }

  #passOne(lane: Lane, boundary: Boundary): void {
    const { rendition } = lane;
    const first = rendition.open === null;
    // Between two boundaries there is always something: where nothing came, a gap as long as that.
    if (!first && !rendition.filled) rendition.fillGap(Math.round(boundary.time * rendition.info.timescale), true);
    if (boundary.epoch !== null) this.#beginEpoch(lane, boundary.epoch);
    const epoch = boundary.epoch?.number ?? rendition.open?.epoch ?? this.#epoch;
    rendition.cut(epoch, boundary.epoch !== null && !first);
    lane.passed++;
  }

  #beginEpoch({ rendition }: Lane, info: EpochInfo): Rendition {
    this.#epoch = info.number;
    this.#lastBoundary = info.at;
    rendition.configure(info.number, info.tracks.get(rendition.info.id) ?? null);
    return rendition;
  }

  #prune(): void {
    const passed = Math.min(...this.#lanes.map((lane) => lane.passed));
    this.#boundaries.splice(0, passed - this.#dropped);
    this.#dropped = passed;
  }
}
