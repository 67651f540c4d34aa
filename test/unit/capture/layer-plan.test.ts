import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitPicture, planLayers, shareBitrate, totalBitrate } from '../../../src/capture/layer-plan.ts';

const HD = { width: 1280, height: 720 };

test('three layers are of the whole, half and a quarter of the size, the smallest first', () => {
  assert.deepEqual(planLayers(HD, { bitrate: 3_000_000, layers: 3 }), [
    { layer: 0, width: 320, height: 180, bitrate: 300_000 },
    { layer: 1, width: 640, height: 360, bitrate: 1_000_000 },
    { layer: 2, width: 1280, height: 720, bitrate: 3_000_000 },
  ]);
});

test('one layer is the picture at the whole bit rate', () => {
  assert.deepEqual(planLayers(HD, { bitrate: 2_000_000 }), [{ layer: 0, ...HD, bitrate: 2_000_000 }]);
});

test('sizes of layers are even', () => {
  for (const { width, height } of planLayers({ width: 854, height: 482 }, { bitrate: 1_000_000, layers: 3 })) {
    assert.deepEqual([width % 2, height % 2], [0, 0], `${width}x${height}`);
  }
});

test('a small picture has fewer layers, and still one', () => {
  assert.equal(planLayers({ width: 160, height: 120 }, { bitrate: 100_000, layers: 3 }).length, 1);
  assert.equal(planLayers({ width: 32, height: 16 }, { bitrate: 100_000, layers: 3 }).length, 1);
});

const fits: [name: string, picture: { width: number; height: number }, box: typeof HD | undefined, size: string][] = [
  ['4K is scaled down to what was asked for', { width: 3840, height: 2160 }, HD, '1280x720'],
  ['an upright picture fits into the box set upright', { width: 2160, height: 3840 }, HD, '720x1280'],
  ['a picture of another shape fits whole', { width: 1600, height: 1200 }, HD, '960x720'],
  ['a smaller picture is not scaled up', { width: 640, height: 480 }, HD, '640x480'],
  ['an odd size is rounded down to an even one', { width: 321, height: 241 }, undefined, '320x240'],
];
for (const [name, picture, box, size] of fits) {
  test(name, () => {
    const { width, height } = fitPicture(picture, box);
    assert.equal(`${width}x${height}`, size);
  });
}

test('a slow uplink is shared in the proportion of the layers', () => {
  const layers = planLayers(HD, { bitrate: 3_000_000, layers: 3 });
  assert.deepEqual(shareBitrate(2_150_000, layers), [150_000, 500_000, 1_500_000]);
  assert.deepEqual(shareBitrate(100_000_000, layers), [300_000, 1_000_000, 3_000_000]);
});

test('the total is the sum of the layers', () => {
  const options = { bitrate: 2_000_000, layers: 3 } as const;
  const sum = planLayers(HD, options).reduce((total, { bitrate }) => total + bitrate, 0);
  assert.ok(Math.abs(totalBitrate(options) - sum) <= 2);
});
