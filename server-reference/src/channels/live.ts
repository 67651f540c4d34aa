/** `live:<name>` (docs/protocol.md): anyone who watches. Tells the state of a stream and how many watch it. */
import * as v from 'valibot';
import { describeIssues, isName, LIMITS, LiveJoinSchema, type LiveState } from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import type { Viewer } from '../hub/audience.ts';
import type { Hub } from '../hub/hub.ts';
import type { StreamStatus } from '../hub/live-stream.ts';
import { playbackOf } from '../hub/playback.ts';
import { type Body, type Channel, type ChannelFamily, type ChannelPort, type JoinOutcome, type Reply, refuse } from '../socket/channel.ts';

export interface LiveFamilyOptions {
  readonly hub: Hub;
  readonly publicUrl: URL | null;
}

export function liveFamily({ hub, publicUrl }: LiveFamilyOptions): ChannelFamily {
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
      return { ok: true, response: describe(hub.status(port.name)), channel: new LiveChannel(hub, port, describe) };
    },
  };
}

class LiveChannel implements Channel, Viewer<StreamStatus> {
  readonly #hub: Hub;
  readonly #port: ChannelPort;
  readonly #describe: (status: StreamStatus) => LiveState;
  #stop: (() => void) | null = null;
  #told: string;

  constructor(hub: Hub, port: ChannelPort, describe: (status: StreamStatus) => LiveState) {
    this.#hub = hub;
    this.#port = port;
    this.#describe = describe;
    this.#told = JSON.stringify(describe(hub.status(port.name)));
  }

  joined(): void {
    this.#stop = this.#hub.watch(this.#port.name, this);
    // What happened between the reply and now.
    this.changed(this.#hub.status(this.#port.name));
  }

  handle(_event: string, _payload: Body): Reply {
    return refuse('invalid', { details: [{ path: 'event', message: 'whoever watches only listens' }] });
  }

  renewed(): void {
    if (!may(this.#port.principal, 'watch', { stream: this.#port.name })) this.#port.close();
  }

  left(): void {
    this.#stop?.();
    this.#stop = null;
  }

  changed(status: StreamStatus): void {
    const state = this.#describe(status);
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#port.push('state', state);
  }

  counted(viewers: number): void {
    this.#port.push('viewers', { count: viewers });
  }
}
