import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EncodingLadder } from '../../../src/webrtc/encoding-ladder.ts';

const hd = { lines: 720, frameRate: 30 };
const linesAt = (bitrate: number, lines = 720, relief = 0): number => {
  const { scaleResolutionDownBy } = new EncodingLadder().fit(bitrate, { lines, frameRate: 30 }, relief);
  return Math.round(lines / scaleResolutionDownBy);
};

describe('an encoding ladder', () => {
  const fits: readonly (readonly [bitrate: number, lines: number])[] = [
    [1_700_000, 720],
    [1_000_000, 720],
    [900_000, 540],
    [500_000, 360],
    [350_000, 360],
    [300_000, 270],
    [140_000, 180],
  ];
  for (const [bitrate, lines] of fits) {
    test(`sends ${lines} lines of 720 at ${bitrate / 1000} kbit/s`, () => assert.equal(linesAt(bitrate), lines));
  }

  test('never enlarges: a small camera is sent as it is', () => {
    assert.equal(linesAt(1_700_000, 240), 240);
    assert.equal(linesAt(400_000, 240), 240);
    assert.equal(linesAt(120_000, 240), 180);
  });

  test('leaves a picture larger than any rung whole at the highest', () => {
    assert.equal(linesAt(1_700_000, 2160), 2160);
    assert.equal(linesAt(1_000_000, 2160), 720);
  });

  test('leaves a camera whole that does not say what it gives', () => {
    const encoding = new EncodingLadder().fit(120_000, { lines: 0, frameRate: 0 }, 2);
    assert.deepEqual(encoding, { maxBitrate: 120_000, scaleResolutionDownBy: 1, maxFramerate: undefined });
  });

  test('goes down at once and up only with room to spare', () => {
    const ladder = new EncodingLadder();
    const lines = (bitrate: number): number => Math.round(720 / ladder.fit(bitrate, hd, 0).scaleResolutionDownBy);
    assert.equal(lines(1_050_000), 720);
    for (let i = 0; i < 5; i++) {
      assert.equal(lines(990_000), 540);
      assert.equal(lines(1_050_000), 540);
    }
    assert.equal(lines(1_160_000), 720);
  });

  test('climbs several rungs at once where there is room for them', () => {
    const ladder = new EncodingLadder();
    ladder.fit(120_000, hd, 0);
    assert.equal(ladder.fit(1_700_000, hd, 0).scaleResolutionDownBy, 1);
  });

  test('takes steps for the processor’s sake from what the camera gives, not from what the bit rate would allow', () => {
    assert.equal(linesAt(1_700_000, 720, 1), 540);
    assert.equal(linesAt(1_700_000, 480, 1), 270);
    assert.equal(linesAt(400_000, 720, 1), 270);
    assert.equal(linesAt(1_700_000, 720, 9), 180);
  });

  test('gives up motion only for very low rates, and asks for no more frames than there are', () => {
    const frames = (bitrate: number, frameRate = 30) => new EncodingLadder().fit(bitrate, { lines: 720, frameRate }, 0).maxFramerate;
    assert.deepEqual([frames(400_000), frames(180_000), frames(100_000), frames(100_000, 10)], [undefined, 20, 15, undefined]);
  });
});
