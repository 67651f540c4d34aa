/** Streams to viewers on sockets. A stream costs nothing here until somebody watches it this way. */
import { type MediaReply, mediaTopic } from '../../../src/protocol/index.ts';
import type { Hub } from '../hub/hub.ts';
import type { Session } from '../hub/session.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
import { describeTracks, lanesOf, pictureOf } from './lanes.ts';
import { MediaViewer, type ViewerPort } from './media-viewer.ts';
import { SessionFeed } from './session-feed.ts';

export interface FanoutOptions {
  readonly hub: Hub;
  /** Of all streams together. */
  readonly maxViewers: number;
}

export class Fanout {
  readonly #hub: Hub;
  readonly #maxViewers: number;
  readonly #audiences = new Map<string, MediaAudience>();
  readonly #stopListening: () => void;
  #viewers = 0;

  constructor({ hub, maxViewers }: FanoutOptions) {
    this.#hub = hub;
    this.#maxViewers = maxViewers;
    this.#stopListening = hub.onSession((session) => this.#audiences.get(session.stream)?.follow(session));
  }

  get full(): boolean {
    return this.#viewers >= this.#maxViewers;
  }

  /** How many streams are watched; what a leak test counts. */
  get size(): number {
    return this.#audiences.size;
  }

  /** What a viewer of this layer is about to get; null while nobody broadcasts. */
  describe(stream: string, layer: number | null): MediaReply | null {
    const { state } = this.#hub.status(stream);
    const session = this.#hub.session(stream);
    if (session === null || session.ended || session.epoch === null || state === 'ended') return null;
    const lanes = lanesOf(session, session.epoch);
    const picture = pictureOf(lanes, layer)?.layer ?? null;
    return { state, ...describeTracks(session, session.epoch, lanes), ...(picture === null ? {} : { layer: picture }) };
  }

  /** Sends a viewer what the stream has and will have, until {@link leave}. */
  enter(stream: string, port: ViewerPort, layer: number | null): MediaViewer {
    const viewer = new MediaViewer(port, this.#hub.clock, layer);
    let audience = this.#audiences.get(stream);
    if (audience === undefined) {
      audience = new MediaAudience(stream);
      this.#audiences.set(stream, audience);
      const session = this.#hub.session(stream);
      if (session !== null && !session.ended) audience.follow(session);
    }
    this.#viewers++;
    audience.add(viewer);
    return viewer;
  }

  leave(stream: string, viewer: MediaViewer): void {
    const audience = this.#audiences.get(stream);
    if (audience === undefined || !audience.remove(viewer)) return;
    this.#viewers--;
    if (audience.empty) this.#audiences.delete(stream);
  }

  close(): void {
    this.#stopListening();
    for (const audience of this.#audiences.values()) audience.unfollow();
    this.#audiences.clear();
  }
}

/** Those who watch one stream on sockets, over all of its sessions. */
class MediaAudience {
  readonly #stream: string;
  readonly #viewers = new Set<MediaViewer>();
  #feed: SessionFeed | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(stream: string) {
    this.#stream = stream;
  }

  get empty(): boolean {
    return this.#viewers.size === 0;
  }

  follow(session: Session): void {
    this.unfollow();
    const feed = new SessionFeed(session, {
      epoch: (begun) => {
        this.#tellTracks(begun);
        for (const viewer of this.#viewers) viewer.begin(begun);
      },
      lane: (begun, lane) => {
        this.#tellTracks(begun);
        for (const viewer of this.#viewers) viewer.added(lane);
      },
      part: (part) => {
        for (const viewer of this.#viewers) viewer.part(part);
      },
    });
    this.#feed = feed;
    this.#unsubscribe = session.subscribe(feed);
  }

  unfollow(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#feed = null;
  }

  add(viewer: MediaViewer): void {
    if (this.#feed !== null) viewer.begin(this.#feed);
    this.#viewers.add(viewer);
  }

  remove(viewer: MediaViewer): boolean {
    const removed = this.#viewers.delete(viewer);
    if (this.empty) this.unfollow();
    return removed;
  }

  #tellTracks({ tracks }: SessionFeed): void {
    if (tracks === null || this.empty) return;
    const frame = broadcastFrame(mediaTopic(this.#stream), 'tracks', tracks);
    for (const viewer of this.#viewers) viewer.send(frame);
  }
}
