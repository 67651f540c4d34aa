/** `live:<name>` (docs/protocol.md): anyone who watches. Tells the state of a stream and how many watch it, and carries its chat. */
import * as v from 'valibot';
import {
  CAPABILITIES,
  ChatDeleteSchema,
  ChatPushSchema,
  describeIssues,
  isName,
  LIMITS,
  LiveJoinSchema,
  LiveNameSchema,
  type LiveState,
} from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import type { LiveChats, LiveChatter } from '../chat/live-chats.ts';
import type { Hub } from '../hub/hub.ts';
import type { StreamStatus } from '../hub/live-stream.ts';
import { playbackOf } from '../hub/playback.ts';
import {
  type Body,
  type Channel,
  type ChannelFamily,
  type ChannelPort,
  type JoinOutcome,
  ok,
  type Reply,
  refuse,
} from '../socket/channel.ts';
import { StatusTeller } from './status-teller.ts';

export interface LiveFamilyOptions {
  readonly hub: Hub;
  readonly chats: LiveChats;
  readonly publicUrl: URL | null;
}

export function liveFamily({ hub, chats, publicUrl }: LiveFamilyOptions): ChannelFamily {
  const describe = ({ name, state, session, startedAt, title, description }: StreamStatus): LiveState => ({
    state,
    ...(session === null ? {} : { session }),
    ...(startedAt === null ? {} : { started_at: startedAt }),
    ...(title === null ? {} : { title }),
    ...(description === null ? {} : { description }),
    playback: playbackOf(name, publicUrl),
  });
  return {
    family: 'live',
    maxTextBytes: LIMITS.textFrameBytes,
    join(params, port): JoinOutcome {
      const parsed = v.safeParse(LiveJoinSchema, params);
      if (!isName(port.name))
        return { ok: false, response: { reason: 'invalid', details: 'A stream is called by 1 to 63 of a-z, 0-9 and -.' } };
      if (!parsed.success) return { ok: false, response: { reason: 'invalid', details: describeIssues(parsed.issues) } };
      if (!may(port.principal, 'watch', { stream: port.name })) return { ok: false, response: { reason: 'unauthorized' } };
      const { name: stream, principal } = port;
      const chatter = chats.enter(stream, principal.name ?? parsed.output.name ?? '', principal.sub);
      const can = CAPABILITIES.filter((capability) => may(principal, capability, { stream }));
      const response = { ...describe(hub.status(stream)), me: { id: chatter.id, name: chatter.name, can } };
      return { ok: true, response, channel: new LiveChannel(hub, port, chatter, new StatusTeller(hub, port, describe)) };
    },
  };
}

class LiveChannel implements Channel {
  readonly #hub: Hub;
  readonly #port: ChannelPort;
  readonly #chatter: LiveChatter;
  readonly #teller: StatusTeller;
  #unlisten: (() => void) | null = null;

  constructor(hub: Hub, port: ChannelPort, chatter: LiveChatter, teller: StatusTeller) {
    this.#hub = hub;
    this.#port = port;
    this.#chatter = chatter;
    this.#teller = teller;
  }

  joined(): void {
    this.#teller.begin();
    this.#unlisten = this.#chatter.listen((frame) => this.#port.send(frame));
  }

  handle(event: string, payload: Body): Reply {
    switch (event) {
      case 'chat':
        return this.#say(payload);
      case 'chat_delete':
        return this.#unsay(payload);
      case 'name':
        return this.#rename(payload);
      default:
        return refuse('invalid', { details: [{ path: 'event', message: 'whoever watches may chat, chat_delete and name' }] });
    }
  }

  renewed(): void {
    if (!may(this.#port.principal, 'watch', { stream: this.#port.name })) this.#port.close();
  }

  left(): void {
    this.#teller.end();
    this.#unlisten?.();
    this.#unlisten = null;
    this.#chatter.leave();
  }

  #say(payload: Body): Reply {
    const parsed = v.safeParse(ChatPushSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    const { id } = parsed.output;
    const posting = this.#chatter.post(parsed.output);
    if (posting.ok) return ok({ id, at: posting.message === null ? posting.at : posting.message.at });
    return posting.reason === 'limit'
      ? refuse('limit', { retry_after: posting.retryAfter })
      : refuse('invalid', { details: [{ path: 'id', message: 'is the id of a message by somebody else' }] });
  }

  #unsay(payload: Body): Reply {
    const parsed = v.safeParse(ChatDeleteSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    const { principal, name: stream } = this.#port;
    const moderates = may(principal, 'moderate', { stream }) || this.#hub.owns(stream, principal.sub);
    const deletion = this.#chatter.delete(parsed.output.id, moderates);
    if (deletion === 'unauthorized') return refuse('unauthorized');
    if (deletion === 'unknown') return refuse('invalid', { details: [{ path: 'id', message: 'is not the id of a message here' }] });
    return ok();
  }

  /** A token's name is not the client's to change. */
  #rename(payload: Body): Reply {
    const parsed = v.safeParse(LiveNameSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    return ok({ name: this.#chatter.rename(this.#port.principal.name ?? parsed.output.name) });
  }
}
