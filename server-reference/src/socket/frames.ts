/** The frames that a server sends, each either text or binary as its payload is. */
import { encodeServerPush, encodeServerReply, encodeTextFrame } from '../../../src/protocol/index.ts';
import type { Frame } from '../pubsub/pubsub.ts';
import type { Body } from './channel.ts';

export function replyFrame(joinRef: string | null, ref: string, topic: string, status: 'ok' | 'error', response: Body): Frame {
  return response instanceof Uint8Array
    ? encodeServerReply(joinRef ?? '', ref, topic, status, response)
    : encodeTextFrame({ joinRef, ref, topic, event: 'phx_reply', payload: { status, response } });
}

export function pushFrame(joinRef: string, topic: string, event: string, payload: Body): Frame {
  return payload instanceof Uint8Array
    ? encodeServerPush(joinRef, topic, event, payload)
    : encodeTextFrame({ joinRef, ref: null, topic, event, payload });
}

/** `phx_close` and `phx_error` carry the join's reference twice. */
export function endFrame(joinRef: string, topic: string, event: 'phx_close' | 'phx_error'): Frame {
  return encodeTextFrame({ joinRef, ref: joinRef, topic, event, payload: {} });
}
