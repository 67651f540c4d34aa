import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { LateMessages } from '../../../src/webrtc/late-messages.ts';
import type { Frame } from '../../../src/webrtc/link-interface.ts';

/** The messages of two peers over a channel that can be cut; what is under way then is lost. */
class Wire {
  readonly heard = { a: [] as unknown[], b: [] as unknown[] };
  readonly shown: string[] = [];
  readonly frames: Frame[] = [];
  readonly here = new Set(['a', 'b']);
  up = true;
  /** Loses what is sent without the sender noticing. */
  loses: (frame: Frame) => boolean = () => false;
  readonly a = this.#side('a', 'b');
  readonly b = this.#side('b', 'a');

  open(): void {
    this.up = true;
    this.a.opened('b');
    this.b.opened('a');
  }

  #side(own: 'a' | 'b', other: 'a' | 'b'): LateMessages {
    return new LateMessages({
      knows: (id) => this.here.has(id),
      send: (_id, frame) => {
        if (!this.up) return false;
        this.frames.push(frame);
        if (!this.loses(frame)) queueMicrotask(() => this[other].hear(own, frame));
        return true;
      },
      shown: (id, slot, shown) => this.shown.push(`${own} is told by ${id}: ${slot} ${shown}`),
      message: (_id, data) => this.heard[own].push(data),
    });
  }
}

const send = (wire: Wire, data: unknown, to?: string): Promise<void> => wire.a.send(data, to, () => ['b']);
const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
};
const failsWith = (code: string) => (error: unknown) => error instanceof GlasscastError && error.code === code;

describe('a message to a peer', () => {
  test('is any JSON value, and arrives as it was when it was sent', async () => {
    const wire = new Wire();
    const changing = { now: 1 };
    const sending = ['text', 7, null, true, [1, { two: 2 }], changing].map((data) => send(wire, data, 'b'));
    changing.now = 2;
    await Promise.all(sending);
    assert.deepEqual(wire.heard.b, ['text', 7, null, true, [1, { two: 2 }], { now: 1 }]);
  });

  test('is bytes as well: of a buffer, or of the part of one that a view shows', async () => {
    const wire = new Wire();
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const sending = [send(wire, bytes.buffer, 'b'), send(wire, bytes.subarray(1, 3), 'b'), send(wire, new ArrayBuffer(0), 'b')];
    bytes.fill(0);
    await Promise.all(sending);
    assert.deepEqual(
      wire.heard.b.map((data) => (data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data)),
      [[1, 2, 3, 4], [2, 3], []],
    );
  });

  test('goes to everybody when it names nobody', async () => {
    const wire = new Wire();
    await send(wire, 'all');
    assert.deepEqual(wire.heard.b, ['all']);
  });

  test('waits for the channel, in order', async () => {
    const wire = new Wire();
    wire.up = false;
    const sending = [1, 2, 3].map((n) => send(wire, n, 'b'));
    await settle();
    assert.deepEqual(wire.heard.b, []);
    wire.open();
    await Promise.all(sending);
    assert.deepEqual(wire.heard.b, [1, 2, 3]);
  });

  test('is sent again after the link was built anew, and heard once, whichever of it and its acknowledgement was lost', async () => {
    for (const lost of ['{"n"', '{"ack"']) {
      const wire = new Wire();
      await send(wire, 'before', 'b');
      wire.loses = (frame) => typeof frame === 'string' && frame.startsWith(lost);
      const sending = [send(wire, 'first', 'b'), send(wire, 'second', 'b')];
      await settle();
      wire.up = false;
      wire.loses = () => false;
      wire.open();
      await Promise.all(sending);
      assert.deepEqual(wire.heard.b, ['before', 'first', 'second']);
    }
  });

  test('to nobody is refused', async () => {
    const wire = new Wire();
    await assert.rejects(send(wire, 1, 'c'), failsWith('no-peer'));
    assert.deepEqual(wire.frames, []);
  });

  test('that waits for a peer who leaves is given up; one to everybody does not miss them', async () => {
    const wire = new Wire();
    wire.up = false;
    const gone = assert.rejects(send(wire, 1, 'b'), failsWith('no-peer'));
    const all = send(wire, 2);
    await settle();
    wire.here.delete('b');
    wire.a.removed('b', false);
    await gone;
    await all;
  });

  test('is not heard twice by somebody who was gone for a moment', async () => {
    const wire = new Wire();
    wire.loses = (frame) => String(frame).startsWith('{"ack"');
    const sending = send(wire, 'once', 'b');
    await settle();
    wire.b.removed('a', true);
    wire.loses = () => false;
    wire.open();
    await sending;
    assert.deepEqual(wire.heard.b, ['once']);
  });

  test('of more than 64 KiB, or of no JSON, is invalid', async () => {
    const wire = new Wire();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const data of [new Uint8Array(64 * 1024 + 1), 'ä'.repeat(32 * 1024), cycle, undefined, 1n, () => undefined]) {
      await assert.rejects(send(wire, data, 'b'), failsWith('invalid'));
    }
    await send(wire, new Uint8Array(64 * 1024), 'b');
    await send(wire, 'a'.repeat(64 * 1024 - 2), 'b');
    assert.equal(wire.heard.b.length, 2);
  });

  test('beyond 1000 that wait, or 1 MiB, is refused with `limit`', async () => {
    for (const [data, fits] of [
      [1, 1000],
      [new Uint8Array(64 * 1024), 16],
    ] as const) {
      const wire = new Wire();
      wire.up = false;
      const waiting = Array.from({ length: fits }, () => send(wire, data, 'b'));
      await assert.rejects(send(wire, data, 'b'), failsWith('limit'));
      wire.open();
      await Promise.all(waiting);
      await send(wire, data, 'b');
      assert.equal(wire.heard.b.length, fits + 1);
    }
  });

  test('that makes no sense changes nothing', async () => {
    const wire = new Wire();
    const nonsense: Frame[] = [
      '',
      'nonsense',
      '[]',
      'null',
      '{"n":0,"data":1}',
      '{"n":-1,"data":1}',
      '{"n":1.5,"data":1}',
      '{"n":1e300,"data":1}',
      '{"n":"1","data":1}',
      '{"ack":1}',
      '{"ack":"x"}',
      '{"watch":{"video":"no"}}',
      '{"watch":true}',
      `{"n":1,"data":"${'x'.repeat(70_000)}"}`,
      new ArrayBuffer(0),
      new ArrayBuffer(3),
      new ArrayBuffer(4),
      new ArrayBuffer(70_000),
    ];
    for (const frame of nonsense) wire.b.hear('a', frame);
    wire.b.hear('nobody', '{"n":1,"data":1}');
    await settle();
    assert.deepEqual([wire.heard.b, wire.shown, wire.frames], [[], [], []]);
    await send(wire, 'sense', 'b');
    assert.deepEqual(wire.heard.b, ['sense']);
  });

  test('of somebody who floods is kept within bounds until it can be understood', async () => {
    const wire = new Wire();
    for (let n = 1; n <= 200; n++) wire.b.hear('a', `{"n":${n},"data":"${'x'.repeat(60_000)}"}`);
    await settle();
    assert.ok(wire.heard.b.length > 0 && wire.heard.b.length < 80);
  });
});

describe('what is not shown', () => {
  test('is told to the peer that sends it, and again over the next connection', async () => {
    const wire = new Wire();
    wire.a.watch('b', 'video', false);
    wire.a.watch('b', 'video', false);
    await settle();
    assert.deepEqual(wire.shown.splice(0), ['b is told by a: video false', 'b is told by a: screen true']);
    wire.up = false;
    wire.a.watch('b', 'screen', false);
    await settle();
    wire.open();
    await settle();
    assert.deepEqual(wire.shown.splice(0), ['b is told by a: video false', 'b is told by a: screen false']);
    wire.a.watch('b', 'video', true);
    wire.a.watch('b', 'screen', true);
    await settle();
    assert.deepEqual(wire.shown.slice(-2), ['b is told by a: video true', 'b is told by a: screen true']);
    wire.frames.splice(0);
    wire.open();
    await settle();
    assert.deepEqual(wire.frames, []);
  });

  test('is not spoken of while everything is shown', async () => {
    const wire = new Wire();
    wire.a.watch('b', 'video', true);
    wire.open();
    await settle();
    assert.deepEqual(wire.frames, []);
  });
});
