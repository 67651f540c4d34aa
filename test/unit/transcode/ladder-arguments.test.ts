import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ladderArguments, rungBitrate, rungSize } from '../../../server-reference/src/transcode/ladder-arguments.ts';

test('bit rates are those of the documented table', () => {
  const table = [1080, 720, 480, 360, 240, 144].map((lines) => rungBitrate(lines, 30));
  assert.deepEqual(table, [4_930_000, 2_510_000, 1_270_000, 790_000, 400_000, 170_000]);
  assert.equal(rungBitrate(240, 60), 600_000);
});

test('the shorter side is the height that was asked for, and both are even', () => {
  assert.deepEqual(rungSize({ width: 1280, height: 720 }, 480), { width: 854, height: 480 });
  assert.deepEqual(rungSize({ width: 720, height: 1280 }, 480), { width: 480, height: 854 });
  assert.deepEqual(rungSize({ width: 641, height: 361 }, 240), { width: 426, height: 240 });
});

test('one process makes all rungs, each on a pipe of its own', () => {
  const rungs = [
    { width: 854, height: 480 },
    { width: 426, height: 240 },
  ];
  const args = ladderArguments(rungs, 29.97, false, { passthrough: ['-vsync', '0'], encoders: null });
  assert.equal(args[args.indexOf('-filter_complex') + 1], '[0:v]split=2[s0][s1];[s0]scale=854:480[o0];[s1]scale=426:240[o1]');
  assert.deepEqual(
    args.filter((argument) => /^pipe:/.test(argument)),
    ['pipe:0', 'pipe:1', 'pipe:3'],
  );
  assert.equal(args.filter((argument) => argument === '-vsync').length, 2);
});
