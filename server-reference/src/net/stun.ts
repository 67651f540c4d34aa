/**
 * STUN (RFC 8489), as far as a binding responder needs it: read a binding request, write the answer that tells the client its address
 * as seen from here.
 */
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 20;
/** RFC 8489 §5: "The Magic Cookie field MUST contain the fixed value 0x2112A442 in network byte order." */
const MAGIC_COOKIE = 0x2112a442;

const TYPE = { bindingRequest: 0x0001, bindingSuccess: 0x0101, bindingError: 0x0111 } as const;
const ATTRIBUTE = { errorCode: 0x0009, unknownAttributes: 0x000a, xorMappedAddress: 0x0020, fingerprint: 0x8028 } as const;

/** Comprehension-required attributes that a binding request may carry and a responder without credentials may pass over. */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  0x0006, // USERNAME
  0x0008, // MESSAGE-INTEGRITY
  0x001c, // MESSAGE-INTEGRITY-SHA256
  0x001e, // USERHASH
  0x0024, // PRIORITY (RFC 8445)
  0x0025, // USE-CANDIDATE (RFC 8445)
]);

const FINGERPRINT_XOR = 0x5354554e;

export interface BindingRequest {
  readonly transactionId: Uint8Array;
  /** Comprehension-required attributes that nobody here knows; an error answer names them. */
  readonly unknown: readonly number[];
}

/** Null for anything that is not a well-formed binding request: such datagrams get no answer. */
export function readBindingRequest(datagram: Uint8Array): BindingRequest | null {
  if (datagram.byteLength < HEADER_BYTES) return null;
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const length = view.getUint16(2);
  const isBinding = view.getUint16(0) === TYPE.bindingRequest && view.getUint32(4) === MAGIC_COOKIE;
  if (!isBinding || length % 4 !== 0 || length !== datagram.byteLength - HEADER_BYTES) return null;
  const unknown: number[] = [];
  for (let offset = HEADER_BYTES; offset < datagram.byteLength; ) {
    const type = view.getUint16(offset);
    const size = view.getUint16(offset + 2);
    const end = offset + 4 + Math.ceil(size / 4) * 4;
    if (end > datagram.byteLength) return null;
    // RFC 8489 §14.7: FINGERPRINT is the last attribute and covers all before it.
    if (
      type === ATTRIBUTE.fingerprint &&
      !(size === 4 && end === datagram.byteLength && view.getUint32(offset + 4) === fingerprint(datagram.subarray(0, offset)))
    )
      return null;
    if (type < 0x8000 && !UNDERSTOOD.has(type)) unknown.push(type);
    offset = end;
  }
  return { transactionId: datagram.subarray(8, HEADER_BYTES), unknown };
}

export interface Address {
  readonly address: string;
  readonly port: number;
}

/** What to send back; null where nothing is to be said, or nobody can hear it. */
export function answerBinding(datagram: Uint8Array, from: Address): Buffer | null {
  // Port 0 is reserved: a datagram that claims to come from it is forged, and sending there throws.
  const request = from.port === 0 ? null : readBindingRequest(datagram);
  return request === null ? null : writeBindingResponse(request, from);
}

export function writeBindingResponse(request: BindingRequest, from: Address): Buffer {
  if (request.unknown.length > 0)
    return writeMessage(TYPE.bindingError, request.transactionId, [
      errorCode(420, 'Unknown Attribute'),
      unknownAttributes(request.unknown),
    ]);
  return writeMessage(TYPE.bindingSuccess, request.transactionId, [xorMappedAddress(from, request.transactionId)]);
}

function writeMessage(type: number, transactionId: Uint8Array, attributes: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  header.set(transactionId, 8);
  const message = Buffer.concat([header, ...attributes]);
  // The length counts the FINGERPRINT that follows, also while its checksum is made.
  message.writeUInt16BE(message.byteLength - HEADER_BYTES + 8, 2);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(fingerprint(message));
  return Buffer.concat([message, attribute(ATTRIBUTE.fingerprint, checksum)]);
}

const fingerprint = (before: Uint8Array): number => (crc32(before) ^ FINGERPRINT_XOR) >>> 0;

function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.byteLength / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.byteLength, 2);
  bytes.set(value, 4);
  return bytes;
}

function xorMappedAddress({ address, port }: Address, transactionId: Uint8Array): Buffer {
  const ip = addressBytes(address);
  const value = Buffer.alloc(4 + ip.byteLength);
  value[1] = ip.byteLength === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(MAGIC_COOKIE, 0);
  mask.set(transactionId, 4);
  for (const [index, byte] of ip.entries()) value[4 + index] = byte ^ (mask[index] ?? 0);
  return attribute(ATTRIBUTE.xorMappedAddress, value);
}

function errorCode(code: number, reason: string): Buffer {
  return attribute(ATTRIBUTE.errorCode, Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reason)]));
}

function unknownAttributes(types: readonly number[]): Buffer {
  const value = Buffer.alloc(types.length * 2);
  for (const [index, type] of types.entries()) value.writeUInt16BE(type, index * 2);
  return attribute(ATTRIBUTE.unknownAttributes, value);
}

/** The 4 or 16 bytes of an address; a dual-stack socket shows IPv4 peers as `::ffff:a.b.c.d`, who think of themselves as IPv4. */
export function addressBytes(address: string): Uint8Array {
  const [bare = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%');
  if (!bare.includes(':')) return Uint8Array.from(bare.split('.'), Number);
  const [head = '', tail] = bare.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
