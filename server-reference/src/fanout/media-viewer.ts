/**
 * One viewer on a socket: which tracks it gets, and how it is kept from falling behind.
 *
 *   waiting ──key frame──▶ watching ──LONGEST_LAG behind──▶ behind ──key frame, less than CAUGHT_UP behind──▶ watching
 *
 * Waiting it gets sound alone, behind nothing at all. Bytes that its socket took cannot be taken back, so it catches up by what it is not given.
 */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Frame } from '../pubsub/pubsub.ts';
import { Backlog } from './backlog.ts';
import { type Lane, pictureOf, soundOf } from './lanes.ts';
import type { FeedPart, SessionFeed } from './session-feed.ts';

const LONGEST_LAG: Milliseconds = 2_000;
const CAUGHT_UP: Milliseconds = 1_000;

/** What is needed of a viewer's channel. */
export interface ViewerPort {
  readonly bufferedAmount: number;
  send(frame: Frame): void;
  push(event: string, payload: Record<string, unknown>): void;
}

export class MediaViewer {
  readonly #port: ViewerPort;
  readonly #clock: Clock;
  readonly #backlog = new Backlog();
  #layer: number | null;
  #feed: SessionFeed | null = null;
  #state: 'waiting' | 'watching' | 'behind' = 'waiting';
  #picture: Lane | null = null;
  #sound: Lane | null = null;
  /** The picture that takes over with its next key frame. */
  #next: Lane | null = null;

  /** @param layer of the picture; null for the largest */
  constructor(port: ViewerPort, clock: Clock, layer: number | null) {
    this.#port = port;
    this.#clock = clock;
    this.#layer = layer;
  }

  send(frame: Frame): void {
    this.#backlog.give(frame.length, this.#clock.now());
    this.#port.send(frame);
  }

  /** Another epoch, or another session: init sections, then what has come since the newest key frame. */
  begin(feed: SessionFeed): void {
    const former = this.#picture?.layer ?? null;
    this.#feed = feed;
    this.#picture = pictureOf(feed.lanes, this.#layer);
    this.#sound = soundOf(feed.lanes);
    this.#next = null;
    if (this.#state === 'watching') this.#state = 'waiting';
    if (former !== null && this.#picture !== null && this.#picture.layer !== former) this.#tellLayer(this.#picture);
    for (const lane of [this.#picture, this.#sound]) if (lane !== null) this.#sendInit(lane);
    for (const part of feed.kept) this.part(part);
  }

  /** A layer has come that was not there when the epoch began. */
  added(lane: Lane): void {
    if (lane.layer !== null && lane.layer === this.#layer) this.#next = lane;
  }

  /** False where there is no such layer now. */
  choose(layer: number): boolean {
    const lane = this.#feed?.lanes.find((each) => each.layer === layer);
    if (lane === undefined) return false;
    this.#layer = layer;
    this.#next = lane === this.#picture ? null : lane;
    return true;
  }

  part(part: FeedPart): void {
    const { lane, key, frame } = part;
    const wanted = lane === this.#picture || lane === this.#sound || (lane === this.#next && key);
    if (!wanted) return;
    const lag = this.#backlog.age(this.#port.bufferedAmount, this.#clock.now());
    const enters = key && (lane !== this.#sound || this.#picture === null);
    switch (this.#state) {
      case 'watching':
        if (lag > LONGEST_LAG) {
          this.#state = 'behind';
          return;
        }
        break;
      case 'behind':
        if (!enters || lag > CAUGHT_UP) return;
        break;
      case 'waiting':
        if (!enters && lane !== this.#sound) return;
    }
    if (enters) this.#state = 'watching';
    if (lane === this.#next) this.#change(lane);
    this.send(frame);
  }

  #change(lane: Lane): void {
    this.#picture = lane;
    this.#next = null;
    this.#tellLayer(lane);
    this.#sendInit(lane);
  }

  #tellLayer({ layer, track }: Lane): void {
    this.#port.push('layer', { layer, track });
  }

  #sendInit(lane: Lane): void {
    const init = this.#feed?.init(lane);
    if (init !== undefined) this.send(init);
  }
}
