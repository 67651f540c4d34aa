import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecOfAvcc, h264Candidates, h264Level } from '../../../src/capture/h264-level.ts';

const cases: [width: number, height: number, frameRate: number, bitrate: number, level: number | null][] = [
  [320, 240, 30, 500_000, 20],
  [640, 480, 30, 1_000_000, 30],
  [1280, 720, 30, 2_000_000, 31],
  [720, 1280, 30, 2_000_000, 31],
  [1280, 720, 60, 2_000_000, 32],
  [1920, 1080, 30, 4_000_000, 40],
  [1920, 1080, 60, 4_000_000, 42],
  [3840, 2160, 30, 15_000_000, 51],
  [640, 480, 30, 12_000_000, 31],
  [7680, 4320, 60, 40_000_000, null],
];

for (const [width, height, frameRate, bitrate, level] of cases) {
  test(`${width}x${height} at ${frameRate} frames and ${bitrate} bits a second is level ${level === null ? 'none' : level / 10}`, () => {
    assert.equal(h264Level({ width, height, frameRate, bitrate }), level);
  });
}

test('Constrained Baseline is tried first', () => {
  const format = { width: 1280, height: 720, frameRate: 30, bitrate: 2_000_000 };
  assert.deepEqual(h264Candidates(format), ['avc1.42e01f', 'avc1.42001f', 'avc1.4d401f', 'avc1.64001f']);
});

test('the codec string comes from the avcC', () => {
  assert.equal(codecOfAvcc(new Uint8Array([1, 0x42, 0xc0, 0x1f, 0xff, 0xe1, 0])), 'avc1.42c01f');
});

test('bytes that are no avcC give no codec string', () => {
  assert.equal(codecOfAvcc(new Uint8Array([0, 0, 0, 1, 0x67, 0x42, 0xc0])), null);
  assert.equal(codecOfAvcc(new Uint8Array([1, 0x42])), null);
});
