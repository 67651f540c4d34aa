import * as v from 'valibot';
import { LIMITS } from '../limits.ts';
import { PeerIdSchema } from './room.ts';

/** Chosen by the author's page at random, so that the same message sent again after a drop is recognised. */
const ChatIdSchema = v.pipe(v.string(), v.regex(/^[\w-]{8,64}$/, 'must be 8 to 64 of a-z, A-Z, 0-9, _ and -'));

/** No code point takes more than two: what is longer need not be counted. */
const MOST_UNITS = 2 * LIMITS.chatCharacters;

/** At most {@link LIMITS.chatCharacters}, counted as people do: by code points. Spaces around it do not count. */
const ChatBodySchema = v.pipe(
  v.string(),
  v.transform((text) => text.trim()),
  v.minLength(1),
  v.check(
    (text) => text.length <= MOST_UNITS && [...text].length <= LIMITS.chatCharacters,
    `must have at most ${LIMITS.chatCharacters} characters`,
  ),
);

/** Push `chat`; the reply is `{id, at}`. */
export const ChatPushSchema = v.object({ id: ChatIdSchema, body: ChatBodySchema });

/** Broadcast `chat`, to its author as well. `at` is the server's clock, in milliseconds. */
export const ChatMessageSchema = v.object({
  id: ChatIdSchema,
  from: PeerIdSchema,
  name: v.string(),
  body: v.string(),
  at: v.number(),
});
export type ChatMessage = v.InferOutput<typeof ChatMessageSchema>;

/**
 * Server push after every join, a resume included: the last {@link LIMITS.chatHistory}, the oldest first. Each is a
 * {@link ChatMessageSchema}, and checked by itself: one bad message must not cost the others.
 */
export const ChatHistorySchema = v.object({ messages: v.array(v.unknown()) });

/**
 * Push by the author or a moderator, then broadcast. After a resume the history is followed by one for each message that was deleted
 * lately, so that a page which was away takes it down as well.
 */
export const ChatDeleteSchema = v.object({ id: ChatIdSchema });
