/**
 * The links of one participant to all others in the room.
 *
 * Messages make links early (`new`, `ping`, an offer); presence is the truth: whoever is present and has no link gets one, whatever
 * message was lost. Each link lives and fails by itself.
 *
 *   (nobody) ──new, ping, offer, presence──▶ linked ──bye──▶ gone
 *                                              │
 *                away or absent, media lost ── 5 s ──▶ gone ; absent 30 s ──▶ gone
 */
import { GlasscastError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Milliseconds } from '../protocol/units.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import type { Candidate } from './candidate-queue.ts';
import { LateMessages } from './late-messages.ts';
import type { LinkMessage, LinkState } from './link-interface.ts';
import { PeerLink } from './peer-link.ts';
import type { WatchedSlot } from './peer-messages.ts';
import type { Slot, SlotTracks } from './slots.ts';

export type MeshMessage = (LinkMessage | { readonly event: 'ping' }) & { readonly to: string };

export interface MeshOptions {
  readonly localId: string;
  readonly configuration: RTCConfiguration;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly timers: Timers;
  /** False when the message could not be sent now. */
  readonly send: (message: MeshMessage) => boolean;
  readonly tracks: SlotTracks;
}

export interface MeshEvents {
  added: { readonly id: string };
  removed: { readonly id: string };
  state: { readonly id: string; readonly state: LinkState };
  track: { readonly id: string; readonly slot: Slot; readonly track: MediaStreamTrack };
  /** What a peer's page has sent to this one, over the data channel. */
  message: { readonly id: string; readonly data: unknown };
  error: { readonly id: string; readonly error: GlasscastError };
}

export interface PresentPeer {
  readonly id: string;
  readonly away: boolean;
}

interface Entry {
  link: PeerLink;
  /** Unknown until presence has been heard of. */
  presence: 'unknown' | 'here' | 'away' | 'absent';
  builds: number;
  /** What went wrong last. */
  cause: GlasscastError | undefined;
  rebuild: TimerId | undefined;
  removal: TimerId | undefined;
  expiry: TimerId | undefined;
}

/** Somebody who is away and whose media is lost stays for this long. */
const LOST_MS: Milliseconds = 5000;
const REBUILD_MS: readonly Milliseconds[] = [500, 1000, 2000, 5000];

export class Mesh extends Emitter<MeshEvents> {
  readonly localId: string;
  readonly #options: MeshOptions;
  readonly #entries = new Map<string, Entry>();
  /** Whom presence still names: they said goodbye, or were away with their media lost for too long. */
  readonly #gone = new Map<string, 'bye' | 'lost'>();
  #tracks: SlotTracks;
  #hasPresence = false;
  readonly #messages: LateMessages;

  constructor(options: MeshOptions) {
    super();
    this.localId = options.localId;
    this.#options = options;
    this.#tracks = options.tracks;
    this.#messages = new LateMessages({
      knows: (id) => this.#entries.has(id),
      send: (id, frame) => this.#entries.get(id)?.link.sendFrame(frame) ?? false,
      shown: (id, slot, shown) => this.#entries.get(id)?.link.setShown(slot, shown),
      message: (id, data) => this.emit('message', { id, data }),
    });
  }

  get peers(): readonly string[] {
    return [...this.#entries.keys()];
  }

  get links(): ReadonlyMap<string, PeerLink> {
    return new Map(Array.from(this.#entries, ([id, { link }]) => [id, link]));
  }

  linkState(id: string): LinkState | undefined {
    return this.#entries.get(id)?.link.state;
  }

  handleNew(from: string): void {
    if (from === this.localId) return;
    this.#gone.delete(from);
    this.#options.send({ event: 'ping', to: from });
    this.#ensure(from);
  }

  handlePing(from: string): void {
    if (from === this.localId) return;
    this.#gone.delete(from);
    const entry = this.#ensure(from);
    if (entry.link.state !== 'failed') return;
    // The other side begins anew.
    this.#build(from, entry);
    entry.link.start();
  }

  handleOffer(from: string, n: number, sdp: string): void {
    if (from === this.localId || this.#gone.get(from) === 'bye') return;
    this.#gone.delete(from);
    this.#ensure(from).link.handleOffer(n, sdp);
  }

  handleAnswer(from: string, n: number, sdp: string): void {
    this.#entries.get(from)?.link.handleAnswer(n, sdp);
  }

  handleCandidate(from: string, n: number, candidate: Candidate | null): void {
    if (from === this.localId || this.#gone.has(from)) return;
    this.#ensure(from).link.handleCandidate(n, candidate);
  }

  handleBye(from: string): void {
    this.#gone.set(from, 'bye');
    this.#remove(from);
  }

  /** Everybody who is in the room, oneself included or not. */
  handlePresence(present: readonly PresentPeer[]): void {
    this.#hasPresence = true;
    const ids = new Set(present.map((peer) => peer.id));
    for (const id of [...this.#gone.keys()]) {
      if (ids.has(id)) continue;
      this.#gone.delete(id);
      this.#messages.removed(id, false);
    }
    for (const { id, away } of present) {
      if (!away && this.#gone.get(id) === 'lost') this.#gone.delete(id);
      if (id === this.localId || this.#gone.has(id)) continue;
      const entry = this.#ensure(id);
      entry.presence = away ? 'away' : 'here';
      this.#options.timers.clearTimeout(entry.expiry);
      entry.expiry = undefined;
      this.#weigh(id, entry);
    }
    for (const [id, entry] of this.#entries) {
      // A message may run ahead of the presence it announces: only who was seen there can be missing.
      if (ids.has(id) || entry.presence === 'unknown' || entry.presence === 'absent') continue;
      entry.presence = 'absent';
      // After a server's restart everybody is absent for a moment, and calls go on.
      entry.expiry ??= this.#options.timers.setTimeout(() => this.#remove(id), LIMITS.resumeMs);
      this.#weigh(id, entry);
    }
  }

  setTrack(slot: Slot, track: MediaStreamTrack | null): void {
    if (this.#tracks[slot] === track) return;
    this.#tracks = { ...this.#tracks, [slot]: track };
    for (const { link } of this.#entries.values()) link.setTrack(slot, track);
  }

  /** Tells a peer whether what it sends in the slot is shown here; it sends nothing of what is not. Shown, until told otherwise. */
  watch(id: string, slot: WatchedSlot, watched: boolean): void {
    this.#messages.watch(id, slot, watched);
  }

  /**
   * Sends any JSON value, or the bytes of a buffer, to a peer's page, or to all that are here. Resolves once it has arrived there.
   * What is sent to one peer arrives in order and once, also where the link has to be built anew meanwhile.
   * @throws GlasscastError `no-peer`; `invalid` for what is not JSON or has more than 64 KiB; `limit` with 1 MiB or 1000 messages
   * waiting; `network` when what sends it could not be loaded
   */
  async sendDirect(data: unknown, to?: string): Promise<void> {
    await this.#messages.send(data, to, () => this.peers);
  }

  /** Signaling is back after a drop. */
  resync(): void {
    this.#heal((link) => link.resync());
  }

  /** The network has changed: every link looks for a new way at once. */
  restart(): void {
    this.#heal((link) => link.restart());
  }

  close(): void {
    for (const id of this.peers) this.#remove(id);
    this.removeAllListeners();
  }

  #ensure(id: string): Entry {
    const existing = this.#entries.get(id);
    if (existing !== undefined) return existing;
    const entry: Entry = {
      link: this.#createLink(id),
      presence: 'unknown',
      builds: 0,
      cause: undefined,
      rebuild: undefined,
      removal: undefined,
      expiry: undefined,
    };
    this.#entries.set(id, entry);
    this.#watch(id, entry);
    // The offer is on its way before anybody draws a tile.
    entry.link.start();
    this.emit('added', { id });
    return entry;
  }

  #createLink(remoteId: string, before?: PeerLink): PeerLink {
    const { configuration, createPeerConnection, timers, send } = this.#options;
    return new PeerLink({
      localId: this.localId,
      remoteId,
      configuration,
      createPeerConnection,
      timers,
      tracks: this.#tracks,
      encodings: before?.encodings,
      send: (message) => send({ ...message, to: remoteId }),
    });
  }

  /** A new connection for the same peer, in place of one that is beyond help. */
  #build(id: string, entry: Entry): void {
    this.#options.timers.clearTimeout(entry.rebuild);
    entry.rebuild = undefined;
    entry.link.close();
    entry.link = this.#createLink(id, entry.link);
    this.#watch(id, entry);
    this.emit('state', { id, state: 'connecting' });
  }

  #watch(id: string, entry: Entry): void {
    const { link } = entry;
    link.on('track', (track) => this.emit('track', { id, ...track }));
    link.on('error', (error) => {
      entry.cause = error;
    });
    link.on('open', () => this.#messages.opened(id));
    link.on('frame', (frame) => this.#messages.hear(id, frame));
    link.on('replaced', (offer) => {
      if (offer === undefined) {
        this.#rebuild(id, entry);
        return;
      }
      this.#build(id, entry);
      entry.link.handleOffer(offer.n, offer.sdp.sdp);
    });
    link.on('state', (state) => {
      if (state === 'connected') {
        entry.builds = 0;
        // It has come back by itself.
        this.#options.timers.clearTimeout(entry.rebuild);
      }
      if (state === 'failed') this.#failed(id, entry);
      this.emit('state', { id, state });
      if (this.#entries.get(id) === entry) this.#weigh(id, entry);
    });
  }

  #failed(id: string, entry: Entry): void {
    if (entry.builds === 0) {
      const error = new GlasscastError('ice-failed', 'No connection to a participant.', { cause: entry.cause, details: { peer: id } });
      this.emit('error', { id, error });
    }
    const delay = REBUILD_MS[Math.min(entry.builds, REBUILD_MS.length - 1)] ?? LOST_MS;
    entry.builds += 1;
    entry.rebuild = this.#options.timers.setTimeout(() => this.#rebuild(id, entry), delay);
  }

  /** What has failed is not waited for any longer. */
  #heal(heal: (link: PeerLink) => void): void {
    for (const [id, entry] of this.#entries) {
      if (entry.link.state === 'failed') this.#rebuild(id, entry);
      else heal(entry.link);
    }
  }

  #rebuild(id: string, entry: Entry): void {
    this.#build(id, entry);
    this.#options.send({ event: 'ping', to: id });
    entry.link.start();
  }

  /** Decides whether somebody without media is still expected. */
  #weigh(id: string, entry: Entry): void {
    const { timers } = this.#options;
    entry.link.setWatched(entry.presence === 'away' || entry.presence === 'absent');
    const lost = entry.link.state === 'interrupted' || entry.link.state === 'failed';
    const unexpected = entry.presence === 'away' || entry.presence === 'absent' || !this.#hasPresence;
    if (!(unexpected && (lost || (entry.presence !== 'unknown' && entry.link.state === 'connecting')))) {
      timers.clearTimeout(entry.removal);
      entry.removal = undefined;
      return;
    }
    entry.removal ??= timers.setTimeout(() => {
      // Who comes back within the resume time gets a link again.
      if (entry.presence === 'away') this.#gone.set(id, 'lost');
      this.#remove(id, true);
    }, LOST_MS);
  }

  #remove(id: string, mayReturn = false): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    for (const timer of [entry.rebuild, entry.removal, entry.expiry]) this.#options.timers.clearTimeout(timer);
    entry.link.close();
    this.#messages.removed(id, mayReturn);
    this.emit('removed', { id });
  }
}
