/** `room:<slug>` (docs/protocol.md): the signaling of a call. */
import * as v from 'valibot';
import {
  CAPABILITIES,
  ChatDeleteSchema,
  ChatPushSchema,
  DIRECTED_EVENTS,
  type DirectedEvent,
  describeIssues,
  type IceServer,
  KickSchema,
  LIMITS,
  MuteSchema,
  type PeerId,
  RoomJoinSchema,
  type RoomReply,
  StateSchema,
} from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import type { Call, Peer } from '../rooms/call.ts';
import type { Rooms } from '../rooms/rooms.ts';
import {
  type Body,
  type Channel,
  type ChannelFamily,
  type ChannelPort,
  type LeaveReason,
  ok,
  type Reply,
  refuse,
} from '../socket/channel.ts';

export interface RoomFamilyOptions {
  readonly rooms: Rooms;
  /** ICE servers for whoever reached this server as `hostname`. */
  readonly iceServers: (principal: Principal, hostname: string) => IceServer[];
}

export function roomFamily({ rooms, iceServers }: RoomFamilyOptions): ChannelFamily {
  return {
    family: 'room',
    maxTextBytes: LIMITS.signalingFrameBytes,
    join(params, port) {
      const { principal, name: slug } = port;
      const parsed = v.safeParse(RoomJoinSchema, params);
      if (!parsed.success) return { ok: false, response: { reason: 'invalid', details: describeIssues(parsed.issues) } };
      if (!may(principal, 'join', { room: slug })) return { ok: false, response: { reason: 'unauthorized' } };
      const { name, user_id, userId, resume } = parsed.output;
      const arrival = {
        name: principal.name ?? name ?? '',
        userId: principal.sub ?? user_id ?? userId ?? null,
        sub: principal.sub,
        address: port.address,
        resume: resume ?? null,
      };
      // Before the room is made by joining it.
      if (rooms.bars(slug, arrival)) return { ok: false, response: { reason: 'kicked' } };
      const found = rooms.call(slug);
      if (!found.ok) return { ok: false, response: { reason: found.reason } };
      const { call } = found;
      const entry = call.enter(arrival, port);
      if (!entry.ok) return { ok: false, response: { reason: entry.reason, max_peers: call.maxPeers } };
      const response: RoomReply = {
        peer_id: entry.peer.id,
        resume: entry.peer.resume,
        ice_servers: iceServers(principal, port.hostname),
        max_peers: call.maxPeers,
        topology: 'mesh',
        generation: call.generation,
        me: { name: entry.peer.name, can: CAPABILITIES.filter((capability) => may(principal, capability, { room: slug })) },
      };
      return { ok: true, response, channel: new RoomChannel(rooms, call, entry.peer, port) };
    },
  };
}

class RoomChannel implements Channel {
  readonly #rooms: Rooms;
  readonly #call: Call;
  readonly #peer: Peer;
  readonly #port: ChannelPort;
  readonly #handlers: Readonly<Record<string, (payload: Body) => Reply>> = {
    state: (payload) => this.#state(payload),
    chat: (payload) => this.#say(payload),
    chat_delete: (payload) => this.#unsay(payload),
    kick: (payload) => this.#kick(payload),
    mute: (payload) => this.#mute(payload),
    close: () => this.#close(),
  };

  constructor(rooms: Rooms, call: Call, peer: Peer, port: ChannelPort) {
    this.#rooms = rooms;
    this.#call = call;
    this.#peer = peer;
    this.#port = port;
  }

  joined(): void {
    this.#call.announce(this.#peer.id, this.#port);
  }

  handle(event: string, payload: Body): Reply {
    if (Object.hasOwn(DIRECTED_EVENTS, event)) return this.#direct(event as DirectedEvent, payload);
    const handler = Object.hasOwn(this.#handlers, event) ? this.#handlers[event] : undefined;
    if (handler !== undefined) return handler(payload);
    const known = [...Object.keys(DIRECTED_EVENTS), ...Object.keys(this.#handlers)];
    return refuse('invalid', { details: [{ path: 'event', message: `a room knows ${known.join(', ')}` }] });
  }

  renewed(): void {
    const { principal, name: slug, address } = this.#port;
    if (!may(principal, 'join', { room: slug })) {
      this.#port.close();
      return;
    }
    if (principal.sub === null || this.#peer.sub !== null) return;
    this.#call.identify(this.#peer.id, this.#port, principal.sub);
    if (this.#rooms.bars(slug, { ...principal, name: '', userId: principal.sub, address, resume: null })) this.#port.close();
  }

  left(reason: LeaveReason): void {
    const { id } = this.#peer;
    if (reason === 'left' || reason === 'closed') this.#call.leave(id, this.#port);
    // The join that replaces this channel on the same socket follows at once, and may resume.
    else this.#call.drop(id, this.#port, reason === 'rejoined' ? 0 : LIMITS.resumeMs);
    this.#rooms.release(this.#port.name);
  }

  #direct(event: DirectedEvent, payload: Body): Reply {
    const parsed = v.safeParse(DIRECTED_EVENTS[event], payload);
    if (!parsed.success) return invalid(parsed.issues);
    return this.#deliver(parsed.output.to, event, parsed.output);
  }

  #state(payload: Body): Reply {
    const parsed = v.safeParse(StateSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    this.#call.setMedia(this.#peer.id, this.#port, parsed.output);
    return ok();
  }

  #say(payload: Body): Reply {
    const parsed = v.safeParse(ChatPushSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    const { id } = parsed.output;
    const posting = this.#call.chat.post(this.#peer, parsed.output);
    if (!posting.ok) {
      return posting.reason === 'limit'
        ? refuse('limit', { retry_after: posting.retryAfter })
        : refuse('invalid', { details: [{ path: 'id', message: 'is the id of a message by somebody else' }] });
    }
    if (posting.message === null) return ok({ id, at: posting.at });
    this.#rooms.chatted(this.#port.name);
    this.#call.broadcast('chat', { ...posting.message });
    return ok({ id, at: posting.message.at });
  }

  #unsay(payload: Body): Reply {
    const parsed = v.safeParse(ChatDeleteSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    const { id } = parsed.output;
    const deletion = this.#call.chat.delete(id, this.#peer, this.#moderates);
    if (deletion === 'unauthorized') return refuse('unauthorized');
    if (deletion === 'unknown') return refuse('invalid', { details: [{ path: 'id', message: 'is not the id of a message in this room' }] });
    if (deletion === 'deleted') {
      this.#rooms.chatted(this.#port.name);
      this.#call.broadcast('chat_delete', { id });
    }
    return ok();
  }

  #kick(payload: Body): Reply {
    if (!this.#moderates) return refuse('unauthorized');
    const parsed = v.safeParse(KickSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    const kick = this.#rooms.kick(this.#port.name, parsed.output.peer_id, this.#peer.id);
    if (kick.ok) return ok();
    return kick.reason === 'no-peer'
      ? refuse('no-peer')
      : refuse('invalid', { details: [{ path: 'peer_id', message: 'nobody kicks themselves' }] });
  }

  #mute(payload: Body): Reply {
    if (!this.#moderates) return refuse('unauthorized');
    const parsed = v.safeParse(MuteSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    return this.#deliver(parsed.output.peer_id, 'mute', { kind: parsed.output.kind });
  }

  #close(): Reply {
    if (!this.#moderates) return refuse('unauthorized');
    this.#rooms.end(this.#port.name, this.#peer.id);
    return { status: 'ok', response: {}, ends: true };
  }

  /** By the newest token. */
  get #moderates(): boolean {
    return may(this.#port.principal, 'moderate', { room: this.#port.name });
  }

  /** `from` is the server's to say. */
  #deliver(to: PeerId, event: string, message: Record<string, unknown>): Reply {
    return this.#call.deliver(to, event, { ...message, from: this.#peer.id }) ? ok() : refuse('no-peer');
  }
}

const invalid = (issues: readonly v.BaseIssue<unknown>[]): Reply => refuse('invalid', { details: describeIssues(issues) });
