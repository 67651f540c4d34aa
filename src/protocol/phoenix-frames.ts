/**
 * Phoenix Channels protocol 2.0.0: text frames are JSON arrays of five, binary frames a kind byte, one length byte per
 * string, the strings, the payload. Decoders throw {@link FrameError} and nothing else on bad input.
 */

export type Payload = Record<string, unknown> | Uint8Array;

export interface PhoenixMessage {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: Payload;
}

export type FrameErrorReason = 'malformed-json' | 'wrong-arity' | 'wrong-type' | 'truncated' | 'unknown-kind' | 'invalid-utf8';

export class FrameError extends Error {
  readonly reason: FrameErrorReason;
  constructor(reason: FrameErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FrameError';
    this.reason = reason;
  }
}

export const FRAME_KIND = { push: 0, reply: 1, broadcast: 2 } as const;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

function stringOrNull(value: unknown, field: string): string | null {
  if (value === null || typeof value === 'string') return value;
  // Older clients send numbers; what was sent is echoed as a string, which they accept.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new FrameError('wrong-type', `${field} must be a string or null`);
}

function requireString(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw new FrameError('wrong-type', `${field} must be a string`);
}

export function decodeTextFrame(text: string): PhoenixMessage {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('malformed-json', 'the frame is not JSON', { cause });
  }
  if (!Array.isArray(parsed)) throw new FrameError('wrong-type', 'the frame is not a JSON array');
  if (parsed.length !== 5) throw new FrameError('wrong-arity', `the frame has ${parsed.length} elements instead of 5`);
  const [joinRef, ref, topic, event, payload] = parsed as unknown[];
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new FrameError('wrong-type', 'payload must be an object');
  }
  return {
    joinRef: stringOrNull(joinRef, 'join_ref'),
    ref: stringOrNull(ref, 'ref'),
    topic: requireString(topic, 'topic'),
    event: requireString(event, 'event'),
    payload: payload as Record<string, unknown>,
  };
}

export function encodeTextFrame(message: {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}): string {
  return JSON.stringify([message.joinRef, message.ref, message.topic, message.event, message.payload]);
}

/** Reads `count` length-prefixed strings and the rest, which is a view into `bytes` and not a copy. */
function readStrings(bytes: Uint8Array, count: number): { strings: string[]; payload: Uint8Array } {
  let offset = 1 + count;
  if (bytes.byteLength < offset) throw new FrameError('truncated', 'the frame ends within its header');
  const strings: string[] = [];
  for (let index = 0; index < count; index++) {
    const end = offset + (bytes[1 + index] ?? 0);
    if (end > bytes.byteLength) throw new FrameError('truncated', 'the frame ends within its header');
    try {
      strings.push(strictDecoder.decode(bytes.subarray(offset, end)));
    } catch (cause) {
      throw new FrameError('invalid-utf8', 'a header string is not UTF-8', { cause });
    }
    offset = end;
  }
  return { strings, payload: bytes.subarray(offset) };
}

/** Decodes what a client sends: only pushes (kind 0, with a ref). The payload is a view into `bytes`. */
export function decodeClientBinaryFrame(bytes: Uint8Array): PhoenixMessage {
  if (bytes.byteLength === 0) throw new FrameError('truncated', 'the frame is empty');
  if (bytes[0] !== FRAME_KIND.push) throw new FrameError('unknown-kind', `a client cannot send frames of kind ${bytes[0]}`);
  const { strings, payload } = readStrings(bytes, 4);
  const [joinRef = '', ref = '', topic = '', event = ''] = strings;
  return { joinRef: joinRef === '' ? null : joinRef, ref: ref === '' ? null : ref, topic, event, payload };
}

function writeFrame(kind: number, strings: readonly string[], payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const encoded = strings.map((text) => encoder.encode(text));
  let size = 1 + encoded.length + payload.byteLength;
  for (const [index, part] of encoded.entries()) {
    if (part.byteLength > 255) throw new FrameError('wrong-type', `header string ${index} is longer than 255 bytes`);
    size += part.byteLength;
  }
  const frame = new Uint8Array(size);
  frame[0] = kind;
  let offset = 1;
  for (const part of encoded) frame[offset++] = part.byteLength;
  for (const part of encoded) {
    frame.set(part, offset);
    offset += part.byteLength;
  }
  frame.set(payload, offset);
  return frame;
}

/** Client to server: kind 0 with join_ref, ref, topic and event. */
export function encodeClientPush(joinRef: string, ref: string, topic: string, event: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return writeFrame(FRAME_KIND.push, [joinRef, ref, topic, event], payload);
}

/** Server to client: kind 0 has no ref. */
export function encodeServerPush(joinRef: string, topic: string, event: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return writeFrame(FRAME_KIND.push, [joinRef, topic, event], payload);
}

export function encodeServerReply(
  joinRef: string,
  ref: string,
  topic: string,
  status: 'ok' | 'error',
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return writeFrame(FRAME_KIND.reply, [joinRef, ref, topic, status], payload);
}

export function encodeServerBroadcast(topic: string, event: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return writeFrame(FRAME_KIND.broadcast, [topic, event], payload);
}
