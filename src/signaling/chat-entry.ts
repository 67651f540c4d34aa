import type { ErrorCode } from '../protocol/errors.ts';
import type { ChatMessage } from '../protocol/messages/chat.ts';

/** Why a message was not sent. */
export interface ChatFailure {
  readonly code: ErrorCode;
  /** For people, in English; the chat shows its own words for the code. */
  readonly message: string;
  /** With `limit`: when the server takes messages again, in milliseconds since 1970. */
  readonly retryAt?: number;
}

/** A chat message as it is shown. */
export interface ChatEntry extends ChatMessage {
  readonly own: boolean;
  /**
   * `sending`: on its way; with an `error`, it waits for the connection and goes out with the next join.
   * `failed`: not sent, and not tried again by itself.
   * `sent`: everybody has it.
   */
  readonly state: 'sent' | 'sending' | 'failed';
  readonly error?: ChatFailure;
}
