/** All broadcasters that send requests: by the id that they were given, or by what they call themselves. */
import { LIMITS } from '../../../src/protocol/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { CancelTimer } from '../clock.ts';
import type { Reply } from '../socket/channel.ts';
import { type BroadcastingOptions, beginBroadcasting } from './begin-broadcasting.ts';
import { HttpSession } from './http-session.ts';
import { gone, problemOf } from './problems.ts';

/** Whether media comes as it is made, or seconds of it at once. */
export type Pace = 'steady' | 'bursts';

/** Who sends media without having opened a broadcast first. */
interface Caller {
  session: HttpSession;
  readonly container: unknown;
  readonly publishKey: string;
  cancelForget: CancelTimer | null;
}

export interface OpenedSession {
  readonly session: HttpSession;
  /** What the join answers, and the path of what may follow. */
  readonly response: Record<string, unknown>;
}

export class IngestSessions {
  readonly #options: BroadcastingOptions;
  readonly #sessions = new Map<string, HttpSession>();
  readonly #callers = new Map<string, Caller>();

  constructor(options: BroadcastingOptions) {
    this.#options = options;
  }

  /** Opens a broadcast. Throws a `Problem` where it cannot be had. */
  open(stream: string, principal: Principal, params: unknown, pace: Pace = 'steady'): OpenedSession {
    const session = new HttpSession(stream, principal, this.#options.hub.clock, (over) => this.forget(over), pace === 'bursts');
    const beginning = beginBroadcasting(params, session, this.#options);
    if (!beginning.ok) throw problemOf(beginning.response);
    this.#sessions.set(session.id, session);
    session.open(beginning.broadcasting);
    return { session, response: { ...beginning.response, ingest: `/ingest/${stream}/${session.id}` } };
  }

  /** Opens a broadcast for whoever calls themselves `name`, going on with the one they had. */
  call(name: string, stream: string, principal: Principal, params: Record<string, unknown>, pace: Pace = 'steady'): OpenedSession {
    const before = this.#callers.get(name);
    const opened = this.open(stream, principal, { ...(before === undefined ? {} : { publish_key: before.publishKey }), ...params }, pace);
    before?.cancelForget?.();
    this.#callers.set(name, {
      session: opened.session,
      container: params['container'],
      publishKey: String(opened.response['publish_key']),
      cancelForget: null,
    });
    return opened;
  }

  /** The broadcast of whoever calls themselves `name`, while it goes on; in this container, where it matters. */
  called(name: string, container: string | null): HttpSession | null {
    const caller = this.#callers.get(name);
    if (caller === undefined || !this.#sessions.has(caller.session.id)) return null;
    return container === null || container === caller.container ? caller.session : null;
  }

  find(stream: string, id: string): HttpSession | null {
    const session = this.#sessions.get(id);
    return session?.name === stream ? session : null;
  }

  has(session: HttpSession): boolean {
    return this.#sessions.has(session.id);
  }

  /** Nothing more can be said to it. */
  forget(session: HttpSession): void {
    session.dispose();
    this.#sessions.delete(session.id);
    for (const [name, caller] of this.#callers) {
      if (caller.session !== session) continue;
      // For as long as its stream is kept, it may come back without saying who it was.
      caller.cancelForget?.();
      caller.cancelForget = this.#options.hub.clock.after(LIMITS.resumeMs, () => this.#callers.delete(name));
    }
  }

  /** What an event was answered, for a client that hears nothing but answers. Throws a `Problem` for a refusal. */
  answer(session: HttpSession, reply: Reply): Record<string, unknown> {
    const { active, stopReason } = session.broadcasting ?? { active: false, stopReason: null };
    const over = !active && stopReason !== 'taken-over';
    if (over) this.forget(session);
    if (reply.status === 'ok') return { ...reply.response, requests: session.takeRequests() };
    if (over && stopReason !== 'limit') throw gone();
    throw problemOf(reply.response, { credit: reply.response['credit'], received: reply.response['received'] }, session);
  }

  close(): void {
    for (const session of this.#sessions.values()) session.dispose();
    for (const { cancelForget } of this.#callers.values()) cancelForget?.();
    this.#sessions.clear();
    this.#callers.clear();
  }
}
