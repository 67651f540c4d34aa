/** `room:<slug>` (docs/protocol.md): the signaling of a call. */
import * as v from 'valibot';
import {
  CAPABILITIES,
  DIRECTED_EVENTS,
  type DirectedEvent,
  describeIssues,
  type IceServer,
  LIMITS,
  RoomJoinSchema,
  type RoomReply,
  StateSchema,
} from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';
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
      const found = rooms.call(slug);
      if (!found.ok) return { ok: false, response: { reason: found.reason } };
      const { call } = found;
      const { name, user_id, userId, resume } = parsed.output;
      const arrival = {
        name: principal.name ?? name ?? '',
        userId: principal.sub ?? user_id ?? userId ?? null,
        sub: principal.sub,
        resume: resume ?? null,
      };
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
    if (event === 'state') return this.#state(payload);
    return refuse('invalid', {
      details: [{ path: 'event', message: `a room knows ${Object.keys(DIRECTED_EVENTS).join(', ')} and state` }],
    });
  }

  renewed(): void {
    if (!may(this.#port.principal, 'join', { room: this.#port.name })) this.#port.close();
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
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    const message = { ...parsed.output, from: this.#peer.id };
    return this.#call.deliver(message.to, broadcastFrame(this.#port.topic, event, message)) ? ok() : refuse('no-peer');
  }

  #state(payload: Body): Reply {
    const parsed = v.safeParse(StateSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    this.#call.setMedia(this.#peer.id, this.#port, parsed.output);
    return ok();
  }
}
