import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../../server-reference/src/hub/media.ts';
import { writeFragment } from '../../../server-reference/src/packaging/fragment.ts';
import { choosePartTiming, fits } from '../../../server-reference/src/packaging/part-target.ts';

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

function boxes(bytes: Uint8Array, start = 0, end = bytes.byteLength): Box[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Box[] = [];
  for (let at = start; at < end; at += view.getUint32(at)) {
    found.push({ type: Buffer.from(bytes.subarray(at + 4, at + 8)).toString(), start: at, end: at + view.getUint32(at) });
  }
  return found;
}

const frame = (dts: number, cts: number, key: boolean, fill: number): Frame => ({
  rendition: 'v0',
  dts,
  cts,
  duration: 3000,
  key,
  data: new Uint8Array(10).fill(fill),
});

function trun(bytes: Uint8Array): { view: DataView; moof: Box; traf: Box[] } {
  const [moof] = boxes(bytes);
  assert.ok(moof !== undefined);
  const [, traf] = boxes(bytes, moof.start + 8, moof.end);
  assert.ok(traf !== undefined);
  const inner = boxes(bytes, traf.start + 8, traf.end);
  const run = inner.find(({ type }) => type === 'trun');
  assert.ok(run !== undefined);
  return { view: new DataView(bytes.buffer, run.start), moof, traf: inner };
}

test('a fragment is one moof with one traf, and an mdat', () => {
  const bytes = writeFragment('video', 7, [frame(90_000, 0, true, 1)]);
  assert.deepEqual(
    boxes(bytes).map(({ type }) => type),
    ['moof', 'mdat'],
  );
  const { traf } = trun(bytes);
  assert.deepEqual(
    traf.map(({ type }) => type),
    ['tfhd', 'tfdt', 'trun'],
  );
});

test('a decode time beyond 32 bits is written whole', () => {
  const late = 2 ** 40 + 12_345;
  const bytes = writeFragment('video', 1, [frame(late, 0, true, 1)]);
  const tfdt = trun(bytes).traf.find(({ type }) => type === 'tfdt');
  assert.equal(new DataView(bytes.buffer).getBigUint64((tfdt?.start ?? 0) + 12), BigInt(late));
});

test('composition offsets are signed', () => {
  const { view } = trun(writeFragment('video', 1, [frame(0, -450, true, 1), frame(3000, 450, false, 2)]));
  assert.equal(view.getUint8(8), 1);
  assert.equal(view.getInt32(20 + 12), -450);
  assert.equal(view.getInt32(20 + 16 + 12), 450);
});

test('key frames are sync samples and others are not', () => {
  const { view } = trun(writeFragment('video', 1, [frame(0, 0, true, 1), frame(3000, 0, false, 2)]));
  assert.equal(view.getUint32(20 + 8) & 0x10000, 0);
  assert.equal(view.getUint32(20 + 16 + 8) & 0x10000, 0x10000);
});

test('the data offset points to the first sample, and samples follow each other', () => {
  const bytes = writeFragment('video', 1, [frame(0, 0, true, 0xaa), frame(3000, 0, false, 0xbb)]);
  const { view, moof } = trun(bytes);
  const at = moof.start + view.getUint32(16);
  assert.deepEqual([...bytes.subarray(at, at + 20)], [...Array(10).fill(0xaa), ...Array(10).fill(0xbb)]);
  assert.equal(at + 20, bytes.byteLength);
});

for (const [rate, part, frames] of [
  [30, 0.2, 6],
  [30, 0.1, 3],
  [24, 0.2, 5],
  [25, 0.2, 5],
  [60, 0.1, 6],
  [15, 0.2, 3],
] as const) {
  test(`PART-TARGET at ${rate} fps for ${part * 1000} ms is ${frames} frames and a tenth`, () => {
    const { nominal, target } = choosePartTiming(1 / rate, [0.02], part);
    assert.ok(Math.abs(nominal - frames / rate) < 1e-9);
    assert.ok(Math.abs(target - nominal * 1.1) < 1e-4);
  });
}

test('every usual frame rate finds a PART-TARGET that whole frames of sound fit, also long ones', () => {
  for (const rate of [10, 12, 12.5, 15, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60]) {
    for (const sound of [0.01, 0.02, 0.04, 0.06, 1024 / 48_000, 1024 / 44_100]) {
      for (const part of [0.1, 0.2, 0.5]) {
        const { target } = choosePartTiming(1 / rate, [sound], part);
        assert.ok(fits(1 / rate, target), `${rate} fps in ${target}`);
        assert.ok(fits(sound, target), `${sound} s in ${target} at ${rate} fps`);
      }
    }
  }
});
