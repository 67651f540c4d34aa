/** What comes out of the pipes of an overlay, and in which order it goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceFrame } from '../../../server-reference/src/hub/epoch.ts';
import { FrameLine } from '../../../server-reference/src/vision/live/frame-line.ts';
import { FrameTimes } from '../../../server-reference/src/vision/live/frame-times.ts';
import { encoderIndex, encoderTime } from '../../../server-reference/src/vision/live/overlay-arguments.ts';
import { RawFrames } from '../../../server-reference/src/vision/live/raw-frames.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('raw pictures are whole, however the pipe cuts them, and each has bytes of its own', () => {
  const frames = new RawFrames(4);
  assert.deepEqual(frames.push(bytes('ab')), []);
  const [first, second] = frames.push(bytes('cdefghij'));
  assert.deepEqual(
    [first, second].map(String),
    ['abcd', 'efgh'].map((text) => String(bytes(text))),
  );
  const [third] = frames.push(bytes('kl'));
  assert.deepEqual(third && [...third], [...bytes('ijkl')]);
  first?.fill(0);
  assert.deepEqual(second && [...second], [...bytes('efgh')]);
});

test('times are read from lines that are cut anywhere, and comments are none', () => {
  const times = new FrameTimes();
  assert.deepEqual(times.push(bytes('#tb 0: 1/1000\n#dimensions 0: 16x16\n0,       1000,    ')), []);
  assert.deepEqual(times.push(bytes('   1033,       33,      384, 0x8f32903b\n0, 1067, 1067, 33, 384, 0x0\n')), [1033, 1067]);
});

test('the time of a picture in the encoder tells its number, rises, and is even for a key frame', () => {
  let before = -1;
  for (const [index, key] of [true, false, true, true, false, false].entries()) {
    const time = encoderTime(index, key);
    assert.ok(time > before);
    assert.equal(encoderIndex(time), index);
    assert.equal(time % 2 === 0, key);
    before = time;
  }
});

const frame = (track: number, dts: number): SourceFrame => ({ track, dts, cts: 0, key: true, data: new Uint8Array(0), length: 0 });

function line(): { line: FrameLine; passed: string[] } {
  const passed: string[] = [];
  return { line: new FrameLine(({ track, dts }) => passed.push(`${track === 0 ? 'v' : 'a'}${dts}`)), passed };
}

test('frames go on in the order in which they came', () => {
  const { line: order, passed } = line();
  order.sound(frame(1, 0), 0);
  order.away(0);
  order.sound(frame(1, 20), 20);
  order.away(33);
  order.sound(frame(1, 40), 40);
  assert.deepEqual(passed, ['a0']);
  order.back(frame(0, 0));
  assert.deepEqual(passed, ['a0', 'v0', 'a20']);
  order.back(frame(0, 33));
  assert.deepEqual(passed, ['a0', 'v0', 'a20', 'v33', 'a40']);
});

test('sound does not wait for a picture that was dropped', () => {
  const { line: order, passed } = line();
  order.away(0);
  order.sound(frame(1, 20), 20);
  order.away(33);
  order.sound(frame(1, 40), 40);
  order.back(frame(0, 33));
  assert.deepEqual(passed, ['a20', 'v33', 'a40']);
});

test('sound does not wait for pictures that are lost, nor longer than a second for any', () => {
  const { line: order, passed } = line();
  order.away(0);
  order.sound(frame(1, 20), 20);
  order.lost();
  assert.deepEqual(passed, ['a20']);
  order.away(33);
  order.sound(frame(1, 40), 40);
  order.sound(frame(1, 1000), 1000);
  assert.deepEqual(passed, ['a20']);
  order.sound(frame(1, 1060), 1060);
  assert.deepEqual(passed, ['a20', 'a40', 'a1000', 'a1060']);
});
