import { encodeServerBroadcast, encodeTextFrame, type Payload } from '../../../src/protocol/index.ts';
import type { Frame } from './pubsub.ts';

/** One frame for all members of a topic: it names no join, so it is encoded once. */
export function broadcastFrame(topic: string, event: string, payload: Payload): Frame {
  return payload instanceof Uint8Array
    ? encodeServerBroadcast(topic, event, payload)
    : encodeTextFrame({ joinRef: null, ref: null, topic, event, payload });
}
