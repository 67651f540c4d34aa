import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { addressBytes, answerBinding, readBindingRequest, writeBindingResponse } from '../../../server-reference/src/net/stun.ts';
import { startStun } from '../../../server-reference/src/net/stun-server.ts';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex');

/** RFC 5769 §2.1: a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY and FINGERPRINT. */
const RFC_5769_REQUEST = hex(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`);
const TRANSACTION = hex('b7e7a701 bc34d686 fa87dfae');

const plain = (transaction = TRANSACTION): Buffer => Buffer.concat([hex('0001 0000 2112a442'), transaction]);

function attributes(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let offset = 20; offset < message.byteLength; ) {
    const length = message.readUInt16BE(offset + 2);
    found.set(message.readUInt16BE(offset), message.subarray(offset + 4, offset + 4 + length));
    offset += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}

const request = (bytes: Uint8Array) => {
  const read = readBindingRequest(bytes);
  assert.ok(read);
  return read;
};

describe('a binding request', () => {
  test('as browsers and RFC 5769 send it is read', () => {
    assert.deepEqual(request(RFC_5769_REQUEST), { transactionId: TRANSACTION, unknown: [] });
    assert.deepEqual(request(plain()), { transactionId: TRANSACTION, unknown: [] });
  });

  const garbage: [string, Uint8Array][] = [
    ['an empty datagram', hex('')],
    ['nineteen bytes', plain().subarray(0, 19)],
    ['a length that is not there', hex(`0001 0004 2112a442 ${TRANSACTION.toString('hex')}`)],
    ['a length that is not a multiple of four', hex(`0001 0003 2112a442 ${TRANSACTION.toString('hex')} 000000`)],
    ['another cookie', hex(`0001 0000 2112a443 ${TRANSACTION.toString('hex')}`)],
    ['a binding response', hex(`0101 0000 2112a442 ${TRANSACTION.toString('hex')}`)],
    ['an allocate request', hex(`0003 0000 2112a442 ${TRANSACTION.toString('hex')}`)],
    ['an attribute longer than the message', hex(`0001 0004 2112a442 ${TRANSACTION.toString('hex')} 80220010`)],
    ['a fingerprint that is wrong', hex(`0001 0008 2112a442 ${TRANSACTION.toString('hex')} 80280004 00000000`)],
    ['RTP', hex(`8060 0001 00000000 ${'00'.repeat(20)}`)],
    ['DTLS', hex(`16fefd ${'00'.repeat(40)}`)],
  ];
  for (const [name, datagram] of garbage) {
    test(`is not ${name}`, () => assert.equal(readBindingRequest(datagram), null));
  }

  test('with any bit flipped is read or is not, and never throws', () => {
    const values = [...attributes(RFC_5769_REQUEST).values()].map((value) => {
      const start = value.byteOffset - RFC_5769_REQUEST.byteOffset;
      return [start, start + value.byteLength] as const;
    });
    for (let bit = 0; bit < RFC_5769_REQUEST.byteLength * 8; bit++) {
      const flipped = Buffer.from(RFC_5769_REQUEST);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // A flip in a length or a type may hide the fingerprint itself; in a value its checksum tells.
      if (values.some(([start, end]) => bit >> 3 >= start && bit >> 3 < end)) assert.equal(readBindingRequest(flipped), null, `bit ${bit}`);
      else readBindingRequest(flipped);
    }
  });
});

describe('a binding response', () => {
  test('holds the address of RFC 5769 §2.2 xored', () => {
    const response = writeBindingResponse(request(plain()), { address: '192.0.2.1', port: 32_853 });
    assert.deepEqual(response.subarray(0, 2), hex('0101'));
    assert.deepEqual(response.subarray(4, 20), Buffer.concat([hex('2112a442'), TRANSACTION]));
    assert.deepEqual(attributes(response).get(0x0020), hex('0001a147e112a643'));
  });

  test('holds the address of RFC 5769 §2.3 xored', () => {
    const response = writeBindingResponse(request(plain()), { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
    assert.deepEqual(attributes(response).get(0x0020), hex('0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9'));
  });

  test('ends with a fingerprint over all before it', () => {
    const response = writeBindingResponse(request(plain()), { address: '192.0.2.1', port: 1 });
    assert.equal(response.readUInt16BE(2), response.byteLength - 20);
    const covered = response.subarray(0, response.byteLength - 8);
    assert.equal(response.readUInt32BE(response.byteLength - 4), (crc32(covered) ^ 0x5354554e) >>> 0);
  });

  test('names the attributes that it must understand and does not', () => {
    const read = request(hex(`0001 0008 2112a442 ${TRANSACTION.toString('hex')} 7f01 0004 00000000`));
    const response = writeBindingResponse(read, { address: '192.0.2.1', port: 1 });
    assert.deepEqual(response.subarray(0, 2), hex('0111'));
    assert.deepEqual(attributes(response).get(0x0009)?.subarray(0, 4), hex('00000414'));
    assert.deepEqual(attributes(response).get(0x000a), hex('7f01'));
  });

  test('writes addresses in all their spellings', () => {
    assert.deepEqual([...addressBytes('::1')], [...Array(15).fill(0), 1]);
    assert.deepEqual([...addressBytes('::')], Array(16).fill(0));
    assert.deepEqual([...addressBytes('fe80::1%eth0')].slice(0, 2), [0xfe, 0x80]);
    assert.deepEqual([...addressBytes('::ffff:192.0.2.1')], [192, 0, 2, 1]);
  });
});

test('a datagram that claims to come from port 0 has no answer', () => {
  assert.ok(answerBinding(plain(), { address: '192.0.2.1', port: 1 }));
  assert.equal(answerBinding(plain(), { address: '192.0.2.1', port: 0 }), null);
});

describe('the STUN server', () => {
  const log = createLog({ level: 'silent' });

  test('tells a client its own address, after garbage too', async () => {
    const server = await startStun({ port: 0, host: '127.0.0.1', log });
    assert.ok(server);
    const client = createSocket('udp4').bind(0, '127.0.0.1');
    await once(client, 'listening');
    client.send(Buffer.from('garbage'), server.port, '127.0.0.1');
    client.send(plain(), server.port, '127.0.0.1');
    const [response] = (await once(client, 'message')) as [Buffer];
    const mapped = attributes(response).get(0x0020);
    assert.equal((mapped?.readUInt16BE(2) ?? 0) ^ 0x2112, client.address().port);
    assert.equal((mapped?.readUInt32BE(4) ?? 0) ^ 0x2112a442, 0x7f000001);
    client.close();
    await server.close();
  });

  test('says what to do where its port is taken', async () => {
    const first = await startStun({ port: 0, host: '127.0.0.1', log });
    await assert.rejects(startStun({ port: first.port, host: '127.0.0.1', log }), /the port is taken.*--stun-port.*--no-stun/);
    await first.close();
  });
});
