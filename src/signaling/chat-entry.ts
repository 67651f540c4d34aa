import type { ChatMessage } from '../protocol/messages/chat.ts';

/** A chat message as it is shown. */
export interface ChatEntry extends ChatMessage {
  readonly own: boolean;
  /** On its way, or not sent: `error` says why, in words. */
  readonly state: 'sent' | 'sending' | 'failed';
  readonly error?: string;
}
