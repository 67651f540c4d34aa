/**
 * A call in one room, without any page: signaling, mesh and local media put together.
 *
 *   idle ──join()──▶ joining ──▶ joined ⇄ reconnecting
 *                       │           │          │
 *                       └── refused, or closed by the server ──▶ failed
 *   leave(), from any of them ──▶ left
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { IceServer, PeerMeta } from '../protocol/messages/room.ts';
import type { ChannelSession, PushOptions } from '../signaling/channel-session.ts';
import type { Connection } from '../signaling/connection.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { PresenceEntry } from '../signaling/presence.ts';
import type { Timers } from '../workers/worker-timers.ts';
import type { LocalMedia } from './local-media.ts';
import { Mesh } from './mesh.ts';
import type { PeerLink } from './peer-link.ts';
import type { WatchedSlot } from './peer-messages.ts';
import { knownOf, newPeer, type RoomPeer } from './room-peer.ts';
import {
  type ChatEvent,
  type JoinReply,
  joinRoomTopic,
  type Muted,
  type PlainState,
  type RoomPresence,
  routeRoomEvents,
  sendMeshMessage,
} from './room-signaling.ts';
import type { Slot } from './slots.ts';

export type { RoomPeer } from './room-peer.ts';

export type CallState = 'idle' | 'joining' | 'joined' | 'reconnecting' | 'left' | 'failed';

export interface RoomCallOptions {
  readonly connection: Connection;
  readonly media: LocalMedia;
  readonly room: string;
  readonly name: string | undefined;
  /** Who this is where no token says so. */
  readonly userId?: string;
  /** Instead of what the server names. */
  readonly iceServers: readonly IceServer[] | undefined;
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** Told what connections will be made with, before the first is. Throws where the browser would refuse that. */
  readonly configure?: (configuration: RTCConfiguration) => void;
  readonly timers: Timers;
  /** An id for rooms whose server gives none. */
  readonly randomId: () => string;
}

export interface RoomCallEvents {
  state: CallState;
  /** Something about the participants changed. */
  change: undefined;
  join: RoomPeer;
  leave: RoomPeer;
  track: { readonly peer: RoomPeer; readonly slot: Slot; readonly track: MediaStreamTrack };
  /** What a participant's page has sent with {@link RoomCall.sendDirect}. */
  message: { readonly peer: RoomPeer; readonly data: unknown };
  /** Of the chat, as it came: whoever shows it looks into it. */
  chat: ChatEvent;
  /** A moderator asks to turn this off. */
  moderated: Muted;
  error: GlasscastError;
}

export class RoomCall extends Emitter<RoomCallEvents> {
  readonly #options: RoomCallOptions;
  readonly #abort = new AbortController();
  readonly #peers = new Map<string, RoomPeer>();
  readonly #unlisten: (() => void)[] = [];
  #state: CallState = 'idle';
  #session: ChannelSession<JoinReply> | undefined;
  #presence: RoomPresence | undefined;
  #mesh: Mesh | undefined;
  #resume: string | undefined;
  #maxPeers: number | undefined;
  #can: readonly string[] = [];
  #localName: string | undefined;
  /** Why the server has closed the channel, or, where it has said so, is about to. */
  #dismissal: GlasscastError | undefined;

  constructor(options: RoomCallOptions) {
    super();
    this.#options = options;
    this.#localName = options.name;
  }

  get state(): CallState {
    return this.#state;
  }

  get peers(): readonly RoomPeer[] {
    return [...this.#peers.values()];
  }

  get localId(): string | undefined {
    return this.#mesh?.localId;
  }

  /** The own name as the room knows it: a token's name wins, and a second Ana becomes “Ana 2”. */
  get localName(): string | undefined {
    return this.#localName;
  }

  /** What the token allows in this room. */
  get can(): readonly string[] {
    return this.#can;
  }

  /** How many may be in the room, where the server says so. */
  get maxPeers(): number | undefined {
    return this.#maxPeers;
  }

  /**
   * Joins the room; links come up as the others are heard of.
   * @throws GlasscastError `room-full`, `room-not-found`, `unauthorized`, `kicked`, `version`; `invalid` for ICE servers that the
   * browser refuses; `aborted` when left meanwhile
   */
  async join(): Promise<void> {
    if (this.#state !== 'idle') throw new GlasscastError('invalid', 'A call is joined once.');
    this.#setState('joining');
    const { connection, media, room, name, userId } = this.#options;
    const params = (): Record<string, unknown> => ({
      ...(name === undefined ? {} : { name }),
      ...(userId === undefined ? {} : { user_id: userId }),
      ...(this.#resume === undefined ? {} : { resume: this.#resume }),
    });
    const { session, presence } = joinRoomTopic(connection, room, params, this.#abort.signal);
    this.#session = session;
    this.#presence = presence;
    routeRoomEvents(session, {
      mesh: () => this.#mesh,
      plainState: (state) => this.#plainStateChanged(state),
      chat: (event) => this.emit('chat', event),
      muted: (muted) => {
        // On a plain channel anybody can say anything.
        if (!this.isPlain) this.emit('moderated', muted);
      },
      dismissed: (error) => {
        this.#dismissal = error;
      },
    });
    presence.onChange((entries) => this.#presenceChanged(entries));
    session.onDrop(() => this.#setState('reconnecting'));
    session.onRejoin((reply) => this.#rejoined(reply));
    session.onEnd((error) => this.#ended(error));
    this.#unlisten.push(media.on('change', (slot) => this.#mediaChanged(slot)));
    try {
      const reply = await session.joined;
      // Left, or put out again, before anybody could act on the answer.
      if (this.#abort.signal.aborted) throw this.#dismissal ?? new GlasscastError('aborted', 'The call was left.');
      this.#accept(reply);
    } catch (cause) {
      this.#release();
      this.#setState('failed');
      throw cause;
    }
    this.#setState('joined');
  }

  /** Says goodbye and closes every link. The local media stays with whoever opened it. */
  async leave(): Promise<void> {
    if (this.#state === 'left') return;
    const goodbye = this.#sayGoodbye();
    this.#release();
    this.#setState('left');
    await goodbye;
  }

  /** The network is another one than before: look for new ways at once rather than when the old ones have failed. */
  networkChanged(): void {
    this.#mesh?.restart();
  }

  /** Whether the room is a channel that does nothing but pass on what it is sent: it neither stamps, nor answers, nor sends back. */
  get isPlain(): boolean {
    return this.#resume === undefined;
  }

  /** The link to each participant, by id. */
  get links(): ReadonlyMap<string, PeerLink> {
    return this.#mesh?.links ?? new Map();
  }

  /** Says to a participant whether what it sends in the slot is shown here; what is not shown is not sent. */
  watch(id: string, slot: WatchedSlot, watched: boolean): void {
    this.#mesh?.watch(id, slot, watched);
  }

  /** As {@link Mesh.sendDirect}. @throws GlasscastError also `network` outside a call */
  async sendDirect(data: unknown, to?: string): Promise<void> {
    if (this.#mesh === undefined) throw new GlasscastError('network', 'Not in a call: the message was not sent.');
    await this.#mesh.sendDirect(data, to);
  }

  /**
   * Sends an event over the room's channel and resolves with the server's reply.
   * @throws GlasscastError as {@link ChannelSession.push}
   */
  async push<T = unknown>(event: string, payload: object, options: PushOptions<T> = {}): Promise<T> {
    if (this.#session === undefined) throw new GlasscastError('network', `Not in a call: ${event} was not sent.`);
    return this.#session.push(event, payload, options);
  }

  /** Sends an event that nobody answers. False when it could not be sent now, and was not. */
  cast(event: string, payload: object): boolean {
    return this.#session?.cast(event, payload) ?? false;
  }

  #accept(reply: JoinReply): void {
    const id = reply.peer_id ?? this.#mesh?.localId ?? this.#options.randomId();
    if (reply.peer_id !== undefined) {
      this.#resume = reply.resume;
      this.#maxPeers = reply.max_peers;
      this.#can = reply.me.can;
      this.#localName = reply.me.name ?? this.#localName;
    }
    if (this.#mesh?.localId !== id) this.#createMesh(id, reply);
    // A plain channel announces nobody.
    if (reply.peer_id === undefined) this.#session?.cast('new', { from: id });
    this.#sendState();
  }

  #rejoined(reply: JoinReply): void {
    const before = this.#mesh;
    this.#accept(reply);
    if (this.#mesh === before) before?.resync();
    this.#setState('joined');
  }

  #createMesh(localId: string, reply: JoinReply): void {
    this.#closeMesh();
    const { createPeerConnection, configure, iceServers, iceTransportPolicy, timers, media } = this.#options;
    const configuration = {
      iceServers: (iceServers ?? (reply.peer_id === undefined ? [] : reply.ice_servers)).map(toRtcIceServer),
      iceTransportPolicy,
    };
    configure?.(configuration);
    const mesh = new Mesh({
      localId,
      createPeerConnection,
      timers,
      tracks: media.tracks,
      configuration,
      send: (message) => this.#session !== undefined && sendMeshMessage(this.#session, localId, message),
    });
    this.#mesh = mesh;
    mesh.on('added', ({ id }) => this.#peerAdded(id));
    mesh.on('removed', ({ id }) => this.#peerRemoved(id));
    mesh.on('state', ({ id, state }) => this.#update(id, { link: state }));
    mesh.on('track', ({ id, slot, track }) => this.#trackAdded(id, slot, track));
    mesh.on('message', ({ id, data }) => {
      const peer = this.#peers.get(id);
      if (peer !== undefined) this.emit('message', { peer, data });
    });
    mesh.on('error', ({ id, error }) => {
      const name = this.#peers.get(id)?.name ?? '';
      const message = `No connection to ${name || 'a participant'}. A firewall may be in the way; the server may need TURN.`;
      this.emit('error', new GlasscastError(error.code, message, { cause: error, details: { peer: id, name } }));
    });
  }

  #peerAdded(id: string): void {
    const peer = newPeer(id, metaOf(this.#presence?.list().find((entry) => entry.key === id)));
    this.#peers.set(id, peer);
    this.emit('join', peer);
    this.emit('change', undefined);
    // Without presence a newcomer learns names and mutes from those inside.
    if (this.#presence?.synced === false) this.#sendState();
  }

  #peerRemoved(id: string): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    this.emit('leave', peer);
    this.emit('change', undefined);
  }

  #trackAdded(id: string, slot: Slot, track: MediaStreamTrack): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    const updated = this.#update(id, { tracks: { ...peer.tracks, [slot]: track } });
    if (updated !== undefined) this.emit('track', { peer: updated, slot, track });
  }

  #presenceChanged(entries: readonly PresenceEntry<PeerMeta>[]): void {
    this.#mesh?.handlePresence(entries.map((entry) => ({ id: entry.key, away: metaOf(entry)?.away ?? false })));
    for (const entry of entries) {
      const meta = metaOf(entry);
      if (meta === undefined) continue;
      if (entry.key === this.localId) this.#localName = meta.name || this.#localName;
      else this.#update(entry.key, knownOf(meta));
    }
    this.emit('change', undefined);
  }

  #plainStateChanged(state: PlainState): void {
    if (this.#presence?.synced) return;
    const peer = this.#peers.get(state.from);
    if (peer === undefined) return;
    this.#update(state.from, {
      name: state.name,
      microphone: state.mic ?? peer.microphone,
      camera: state.camera ?? peer.camera,
      screen: state.screen ?? peer.screen,
    });
  }

  #update(id: string, change: Partial<RoomPeer>): RoomPeer | undefined {
    const peer = this.#peers.get(id);
    if (peer === undefined) return undefined;
    const updated = { ...peer, ...change };
    // Whoever draws peers draws them anew when they are another object.
    if (isSame(peer, updated)) return peer;
    this.#peers.set(id, updated);
    this.emit('change', undefined);
    return updated;
  }

  #mediaChanged(slot: Slot): void {
    this.#mesh?.setTrack(slot, this.#options.media.tracks[slot]);
    this.#sendState();
  }

  #sendState(): void {
    const { media } = this.#options;
    const state = { mic: media.microphoneEnabled, camera: media.cameraEnabled, screen: media.screenEnabled };
    // A plain channel passes this on as it is.
    const from = this.isPlain ? { from: this.localId, name: this.#localName } : {};
    this.#session?.cast('state', { ...from, ...state });
  }

  #sayGoodbye(): Promise<void> {
    if (this.isPlain && this.localId !== undefined) this.#session?.cast('bye', { from: this.localId });
    return this.#session?.leave() ?? Promise.resolve();
  }

  #ended(error: GlasscastError): void {
    if (this.#state === 'left') return;
    const wasInside = this.#state !== 'joining';
    const told = (error.code === 'kicked' ? this.#dismissal : undefined) ?? error;
    this.#dismissal = told;
    this.#release();
    this.#setState('failed');
    // While joining, `join` itself rejects with it.
    if (wasInside) this.emit('error', told);
  }

  #release(): void {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#closeMesh();
    this.#abort.abort('left');
  }

  #closeMesh(): void {
    const mesh = this.#mesh;
    this.#mesh = undefined;
    mesh?.close();
  }

  #setState(state: CallState): void {
    if (this.#state === state || this.#state === 'left' || this.#state === 'failed') return;
    this.#state = state;
    this.emit('state', state);
  }
}

function metaOf(entry: PresenceEntry<PeerMeta> | undefined): PeerMeta | undefined {
  return entry?.metas.at(-1);
}

/** True when both have the same values. */
export function isSame<T extends object>(one: T, other: T): boolean {
  return (Object.keys(other) as (keyof T)[]).every((key) => one[key] === other[key]);
}

function toRtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) };
}
