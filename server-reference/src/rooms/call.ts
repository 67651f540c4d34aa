/**
 * The people in one room at this moment. A peer is
 *
 *   joined ──left──▶ gone
 *     │  ▲
 *  dropped resumed
 *     ▼  │
 *    away ──30 s──▶ gone
 *
 * Presence is the truth for everyone inside: each change of a peer is a change of its meta.
 */
import { randomBytes } from 'node:crypto';
import { LIMITS, type MediaState, type PeerId, roomTopic } from '../../../src/protocol/index.ts';
import type { ChatRoom } from '../chat/chat-room.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
import { Presence, type PresenceDiff, type PresenceState } from '../pubsub/presence.ts';
import type { Frame, PubSub } from '../pubsub/pubsub.ts';
import { isSamePerson, type Person } from './bans.ts';
import { Mailbox } from './mailbox.ts';
import { uniqueName } from './unique-name.ts';

/** Who wants to come in, as token and join parameters say; a resume must match the token's subject. */
export interface Arrival extends Person {
  readonly name: string;
  readonly resume: string | null;
}

/** The channel through which a peer is reached. */
export interface PeerPort {
  send(frame: Frame): void;
  close(): void;
}

export interface Peer extends Person {
  readonly id: PeerId;
  readonly name: string;
  /** The secret with which this peer may come back. */
  readonly resume: string;
}

interface Member extends Peer {
  name: string;
  userId: string | null;
  address: string;
  resume: string;
  sub: string | null;
  media: Required<MediaState>;
  port: PeerPort | null;
  /** Whether others have been told of it. */
  announced: boolean;
  presenceRef: string | null;
  unsubscribe: () => void;
  cancelGrace: CancelTimer;
  readonly mailbox: Mailbox;
}

export interface CallOptions {
  readonly slug: string;
  readonly maxPeers: number;
  readonly chat: ChatRoom;
  readonly clock: Clock;
  readonly pubsub: PubSub;
  readonly newRef: () => string;
  /** Told whenever who is here, or how they are called, has changed. */
  readonly changed: (change: CallChange) => void;
}

export interface CallChange {
  readonly kind: 'arrived' | 'renamed' | 'gone';
  readonly peer: Peer;
  /** How many are in the room now, those away included. */
  readonly peers: number;
}

/** The person that was kicked, for the ban; or why not. */
export type Kick = { readonly ok: true; readonly person: Person } | { readonly ok: false; readonly reason: 'no-peer' | 'invalid' };

export type Entry = { readonly ok: true; readonly peer: Peer } | { readonly ok: false; readonly reason: 'room-full' };

const nothing = (): void => undefined;

export class Call {
  /** Rises whenever the room moves between topologies; messages of an older one are void. */
  readonly generation = 1;
  readonly maxPeers: number;
  readonly #options: CallOptions;
  readonly #members = new Map<PeerId, Member>();
  readonly #byResume = new Map<string, Member>();
  readonly #presence: Presence;
  readonly #topic: string;

  constructor(options: CallOptions) {
    this.#options = options;
    this.maxPeers = options.maxPeers;
    this.#topic = roomTopic(options.slug);
    this.#presence = new Presence(options.newRef);
  }

  get size(): number {
    return this.#members.size;
  }

  get chat(): ChatRoom {
    return this.#options.chat;
  }

  /** Whether somebody who is still in the room comes back to it. */
  expects(arrival: Arrival): boolean {
    return this.#returning(arrival) !== undefined;
  }

  /** Takes a place in the room, or back one's own; nobody is told before {@link announce}. */
  enter(arrival: Arrival, port: PeerPort): Entry {
    const returning = this.#returning(arrival);
    if (returning !== undefined) return { ok: true, peer: this.#resume(returning, arrival, port) };
    if (this.#members.size >= this.maxPeers) return { ok: false, reason: 'room-full' };
    const member: Member = {
      id: newPeerId(),
      name: uniqueName(arrival.name, this.#names()),
      userId: arrival.userId,
      address: arrival.address,
      resume: newSecret(),
      sub: arrival.sub,
      media: { mic: false, camera: false, screen: false },
      port,
      announced: false,
      presenceRef: null,
      unsubscribe: nothing,
      cancelGrace: nothing,
      mailbox: new Mailbox(),
    };
    this.#members.set(member.id, member);
    this.#byResume.set(member.resume, member);
    return { ok: true, peer: member };
  }

  /** The peer's join has been answered: subscribe it first, then let it and the others know. */
  announce(id: PeerId, port: PeerPort): void {
    const member = this.#present(id, port);
    if (member === undefined) return;
    member.unsubscribe();
    member.unsubscribe = this.#options.pubsub.subscribe(this.#topic, ({ frame, except }) => {
      if (except !== id) port.send(frame);
    });
    const known = member.announced;
    member.announced = true;
    const diff = this.#track(member);
    const { chat } = this.#options;
    port.send(this.#frame('presence_state', this.state()));
    port.send(this.#frame('chat_history', { messages: chat.history }));
    // A newcomer shows nothing yet that could have been deleted.
    if (known) for (const deleted of chat.deleted) port.send(this.#frame('chat_delete', { id: deleted }));
    this.broadcast('presence_diff', { ...diff }, id);
    for (const frame of member.mailbox.empty()) port.send(frame);
    if (!known) this.broadcast('new', { from: id }, id);
    this.#options.changed({ kind: known ? 'renamed' : 'arrived', peer: member, peers: this.size });
  }

  /** The payload of `presence_state`. */
  state(): PresenceState {
    return this.#presence.state();
  }

  setMedia(id: PeerId, port: PeerPort, media: MediaState): void {
    const member = this.#present(id, port);
    if (member === undefined) return;
    member.media = { ...member.media, ...media };
    if (member.announced) this.broadcast('presence_diff', { ...this.#track(member) });
  }

  /** A renewed token has said who somebody is that came without one: what is bound to a subject is bound to this one from now on. */
  identify(id: PeerId, port: PeerPort, sub: string): void {
    const member = this.#present(id, port);
    if (member !== undefined && member.sub === null) member.sub = sub;
  }

  /** Tells one peer; false where there is no such peer. One that is away finds it when it comes back. */
  deliver(to: PeerId, event: string, payload: Record<string, unknown>): boolean {
    const member = this.#members.get(to);
    if (member === undefined) return false;
    const frame = this.#frame(event, payload);
    if (member.port !== null) member.port.send(frame);
    else member.mailbox.put(frame);
    return true;
  }

  /** Tells everyone inside, `except` one. */
  broadcast(event: string, payload: Record<string, unknown>, except?: PeerId): void {
    const frame = this.#frame(event, payload);
    this.#options.pubsub.publish(this.#topic, except === undefined ? { frame } : { frame, except });
  }

  /** Puts a peer out, with all others that are surely of the same person; nobody puts out themselves. */
  kick(id: PeerId, from: PeerId): Kick {
    const target = this.#members.get(id);
    if (target === undefined) return { ok: false, reason: 'no-peer' };
    const person = { sub: target.sub, userId: target.userId, address: target.address };
    const theirs = [...this.#members.values()].filter((member) => member === target || isSamePerson(member, target));
    if (theirs.some((member) => member.id === from)) return { ok: false, reason: 'invalid' };
    for (const member of theirs) {
      const { port } = member;
      port?.send(this.#frame('kick', { from }));
      this.#remove(member);
      port?.close();
    }
    return { ok: true, person };
  }

  /** Ends the call for everybody; the channel of `from` is left to its owner. */
  end(from: PeerId): void {
    this.broadcast('close', { from });
    const members = [...this.#members.values()];
    const ports = members.flatMap(({ id, port }) => (id === from || port === null ? [] : [port]));
    this.close();
    for (const peer of members) if (peer.announced) this.#options.changed({ kind: 'gone', peer, peers: 0 });
    for (const port of ports) port.close();
  }

  /** The peer said goodbye. Nothing happens when `port` is no longer its port: it has resumed elsewhere. */
  leave(id: PeerId, port: PeerPort): void {
    const member = this.#present(id, port);
    if (member !== undefined) this.#remove(member);
  }

  /** The peer's socket is gone without a word: it may come back within `grace`. */
  drop(id: PeerId, port: PeerPort, grace: number = LIMITS.resumeMs): void {
    const member = this.#present(id, port);
    if (member === undefined) return;
    if (!member.announced) {
      // It never had its answer, so it has no secret to come back with.
      this.#remove(member);
      return;
    }
    member.port = null;
    member.unsubscribe();
    member.unsubscribe = nothing;
    member.cancelGrace = this.#options.clock.after(grace, () => this.#remove(member));
    if (grace > 0) this.broadcast('presence_diff', { ...this.#track(member) });
  }

  /** Ends all timers and subscriptions; nobody is told. */
  close(): void {
    for (const member of this.#members.values()) {
      member.cancelGrace();
      member.unsubscribe();
    }
    this.#members.clear();
    this.#byResume.clear();
  }

  #returning({ resume, sub }: Arrival): Member | undefined {
    const member = resume === null ? undefined : this.#byResume.get(resume);
    return member?.sub === sub ? member : undefined;
  }

  #resume(member: Member, arrival: Arrival, port: PeerPort): Peer {
    const older = member.port;
    member.cancelGrace();
    member.cancelGrace = nothing;
    member.unsubscribe();
    member.unsubscribe = nothing;
    member.port = port;
    this.#byResume.delete(member.resume);
    member.resume = newSecret();
    this.#byResume.set(member.resume, member);
    member.name = uniqueName(arrival.name, this.#names(member));
    member.userId = arrival.userId;
    member.address = arrival.address;
    // After the port has changed hands, so that the older channel's end finds nothing to do.
    older?.close();
    return member;
  }

  #remove(member: Member): void {
    if (!this.#members.delete(member.id)) return;
    member.cancelGrace();
    member.unsubscribe();
    member.port = null;
    this.#byResume.delete(member.resume);
    if (!member.announced) return;
    const diff = member.presenceRef === null ? null : this.#presence.untrack(member.id, member.presenceRef);
    this.broadcast('bye', { from: member.id });
    if (diff !== null) this.broadcast('presence_diff', { ...diff });
    this.#options.changed({ kind: 'gone', peer: member, peers: this.size });
  }

  #present(id: PeerId, port: PeerPort): Member | undefined {
    const member = this.#members.get(id);
    return member?.port === port ? member : undefined;
  }

  #names(except?: Member): string[] {
    return [...this.#members.values()].filter((member) => member !== except).map(({ name }) => name);
  }

  #track(member: Member): PresenceDiff {
    const meta = { name: member.name, user_id: member.userId, ...member.media, away: member.port === null };
    const { ref, diff } =
      member.presenceRef === null ? this.#presence.track(member.id, meta) : this.#presence.update(member.id, member.presenceRef, meta);
    member.presenceRef = ref;
    return diff;
  }

  #frame(event: string, payload: Record<string, unknown>): Frame {
    return broadcastFrame(this.#topic, event, payload);
  }
}

/** 96 random bits: unique, and ordered by code units like any string. */
const newPeerId = (): PeerId => randomBytes(12).toString('base64url');
const newSecret = (): string => randomBytes(24).toString('base64url');
