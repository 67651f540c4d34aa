import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  decodeClientBinaryFrame,
  decodeTextFrame,
  encodeClientPush,
  encodeServerBroadcast,
  encodeServerPush,
  encodeServerReply,
  encodeTextFrame,
  FrameError,
  type FrameErrorReason,
} from '../../../src/protocol/index.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const reasonOf = (decode: () => unknown): FrameErrorReason | 'none' => {
  try {
    decode();
    return 'none';
  } catch (error) {
    assert.ok(error instanceof FrameError, `threw ${error}`);
    return error.reason;
  }
};

describe('text frames', () => {
  test('a frame survives the way there and back', () => {
    const message = { joinRef: '3', ref: '7', topic: 'room:a', event: 'ping', payload: { to: 'x' } };
    assert.deepEqual(decodeTextFrame(encodeTextFrame(message)), message);
  });

  test('null references stay null and numeric ones become strings', () => {
    assert.deepEqual(decodeTextFrame('[null,12,"phoenix","heartbeat",{}]'), {
      joinRef: null,
      ref: '12',
      topic: 'phoenix',
      event: 'heartbeat',
      payload: {},
    });
  });

  for (const [frame, reason] of [
    ['{', 'malformed-json'],
    ['{}', 'wrong-type'],
    ['"text"', 'wrong-type'],
    ['[]', 'wrong-arity'],
    ['["1","1","t","e"]', 'wrong-arity'],
    ['["1","1","t","e",{},1]', 'wrong-arity'],
    ['["1","1",5,"e",{}]', 'wrong-type'],
    ['["1","1","t",null,{}]', 'wrong-type'],
    ['["1","1","t","e",[]]', 'wrong-type'],
    ['["1","1","t","e",null]', 'wrong-type'],
    ['[{},"1","t","e",{}]', 'wrong-type'],
    ['[1.5,"1","t","e",{}]', 'wrong-type'],
  ] as const) {
    test(`${frame} is refused as ${reason}`, () =>
      assert.equal(
        reasonOf(() => decodeTextFrame(frame)),
        reason,
      ));
  }
});

describe('binary frames', () => {
  test('a client push has four strings and leaves its payload where it is', () => {
    const frame = encodeClientPush('1', '22', 'stream:é', 'chunk', bytes(9, 8, 7));
    const message = decodeClientBinaryFrame(frame);
    assert.deepEqual(
      { ...message, payload: [...(message.payload as Uint8Array)] },
      {
        joinRef: '1',
        ref: '22',
        topic: 'stream:é',
        event: 'chunk',
        payload: [9, 8, 7],
      },
    );
    assert.equal((message.payload as Uint8Array).buffer, frame.buffer);
  });

  test('server frames are laid out as the client reads them', () => {
    const text = (s: string) => [...new TextEncoder().encode(s)];
    assert.deepEqual([...encodeServerPush('j', 'to', 'ev', bytes(1))], [0, 1, 2, 2, ...text('jtoev'), 1]);
    assert.deepEqual([...encodeServerReply('j', 'r', 'to', 'ok', bytes(1))], [1, 1, 1, 2, 2, ...text('jrtook'), 1]);
    assert.deepEqual([...encodeServerBroadcast('to', 'ev', bytes(1))], [2, 2, 2, ...text('toev'), 1]);
  });

  test('a frame cut anywhere in its header is refused as truncated', () => {
    const frame = encodeClientPush('1', '2', 'topic', 'event', bytes());
    for (let length = 0; length < frame.byteLength; length++) {
      assert.equal(
        reasonOf(() => decodeClientBinaryFrame(frame.subarray(0, length))),
        'truncated',
        `cut at ${length}`,
      );
    }
  });

  test('replies and broadcasts from a client are refused', () => {
    assert.equal(
      reasonOf(() => decodeClientBinaryFrame(bytes(1, 0, 0, 0, 0))),
      'unknown-kind',
    );
    assert.equal(
      reasonOf(() => decodeClientBinaryFrame(bytes(2, 0, 0))),
      'unknown-kind',
    );
  });

  test('header strings that are not UTF-8 are refused', () => {
    assert.equal(
      reasonOf(() => decodeClientBinaryFrame(bytes(0, 1, 0, 0, 0, 0xff))),
      'invalid-utf8',
    );
  });

  test('a header string over 255 bytes cannot be written', () => {
    assert.equal(
      reasonOf(() => encodeServerPush('1', 'x'.repeat(256), 'e', bytes())),
      'wrong-type',
    );
  });
});
