import * as v from 'valibot';
import type { GlasscastError } from '../../protocol/errors.ts';
import { type LiveReply, LiveReplySchema } from '../../protocol/messages/live.ts';
import { liveTopic } from '../../protocol/names.ts';
import type { ChannelSession } from '../../signaling/channel-session.ts';
import type { ChatEntry } from '../../signaling/chat-entry.ts';
import { ChatLog } from '../../signaling/chat-log.ts';
import type { Connection } from '../../signaling/connection.ts';
import { randomId } from '../../ui/random-id.ts';

const AnythingSchema = v.unknown();
const ViewersSchema = v.object({ count: v.number() });

export interface AudienceOptions {
  readonly connection: Pick<Connection, 'join'>;
  readonly stream: string;
  /** What the broadcaster is called in the chat where its token has no name. */
  readonly name: string;
  changed(): void;
  /** What was heard and not understood, or was refused: a broadcast goes on without its audience. */
  log(message: string, cause: unknown): void;
}

/** Who watches a stream, and what they write: the topic `live:<stream>`, as its broadcaster joins it. */
export class StreamAudience {
  readonly chat: ChatLog;
  readonly #session: ChannelSession<LiveReply>;
  #me: LiveReply['me'] | undefined;
  #name: string;
  #viewers: number | null = null;

  constructor({ connection, stream, name, changed, log }: AudienceOptions) {
    const session = connection.join(liveTopic(stream), { params: () => ({ name: this.#name }), reply: LiveReplySchema });
    this.#name = name;
    this.#session = session;
    this.chat = new ChatLog({
      push: (event, payload, { reply }) => session.push(event, payload, { reply }),
      localId: () => this.#me?.id,
      localName: () => this.#me?.name ?? this.#name,
      newId: randomId,
      now: () => Date.now(),
      joined: () => session.state === 'joined',
    });
    for (const event of ['chat', 'chat_history', 'chat_delete'] as const) {
      session.on(event, AnythingSchema, (payload) => this.chat.handle(event, payload));
    }
    session.on('viewers', ViewersSchema, ({ count }) => {
      // This page is one of those who are counted.
      this.#viewers = Math.max(0, count - 1);
      changed();
    });
    this.chat.on('change', changed);
    this.chat.on('log', ({ message, cause }) => log(message, cause));
    session.onRejoin((reply) => {
      this.#joined(reply);
      this.chat.rejoined();
      changed();
    });
    session.onEnd((error) => {
      this.#me = undefined;
      this.#viewers = null;
      log('The stream’s viewers are not told to this page.', error);
      changed();
    });
    session.joined.then(
      (reply) => {
        this.#joined(reply);
        changed();
      },
      // onEnd tells a refusal; an own leave needs no telling.
      (_error: GlasscastError) => undefined,
    );
  }

  /** Null until the server has told. */
  get viewers(): number | null {
    return this.#viewers;
  }

  get messages(): readonly ChatEntry[] {
    return this.chat.entries;
  }

  /** What the broadcaster may do in the chat; undefined while it is not in it. */
  get can(): readonly string[] | undefined {
    return this.#me?.can;
  }

  /** Where its token has no name. */
  rename(name: string): void {
    if (name === this.#name) return;
    this.#name = name;
    this.#session.cast('name', { name });
  }

  close(): void {
    this.chat.close();
    void this.#session.leave();
  }

  #joined({ me }: LiveReply): void {
    this.#me = me;
  }
}
