import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BurstMeter } from '../../../src/capture/burst-meter.ts';

/** A link of so many bits a second, 40 ms away. */
const roundTrip = (bytes: number, capacity: number): number => 40 + (bytes * 8_000) / capacity;

test('key frames tell what the link holds, whatever is sent beside them', () => {
  const meter = new BurstMeter();
  meter.acknowledged(100, 40, 0);
  for (const at of [1_000, 3_000]) meter.acknowledged(20_000, roundTrip(20_000, 600_000), at);
  assert.ok(Math.abs((meter.capacity(3_000) ?? 0) - 600_000) < 1_000, `${meter.capacity(3_000)}`);
});

test('small pushes say nothing', () => {
  const meter = new BurstMeter();
  for (let at = 0; at < 1_000; at += 20) meter.acknowledged(300, 41, at);
  assert.equal(meter.capacity(1_000), null);
});

test('one quick burst is an accident: the slower of two counts', () => {
  const meter = new BurstMeter();
  meter.acknowledged(100, 40, 0);
  meter.acknowledged(20_000, roundTrip(20_000, 500_000), 1_000);
  assert.equal(meter.capacity(1_000), null);
  meter.acknowledged(20_000, roundTrip(20_000, 50_000_000), 3_000);
  assert.ok((meter.capacity(3_000) ?? 0) < 600_000);
});

test('what was long ago says nothing about now', () => {
  const meter = new BurstMeter();
  meter.acknowledged(20_000, 45, 0);
  meter.acknowledged(20_000, 45, 2_000);
  assert.notEqual(meter.capacity(2_000), null);
  assert.equal(meter.capacity(8_000), null);
});
