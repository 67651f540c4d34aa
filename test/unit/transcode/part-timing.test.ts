import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePartTiming, fits } from '../../../server-reference/src/packaging/part-target.ts';

const OPUS = 0.02;
const AAC = 1024 / 48_000;

for (const frameRate of [15, 24, 25, 30, 50, 60, 120]) {
  test(`at ${frameRate} fps the PART-TARGET that suits Opus suits AAC as well`, () => {
    for (const desired of [0.05, 0.1, 0.2, 0.5]) {
      const both = choosePartTiming(1 / frameRate, [OPUS, AAC], desired);
      assert.ok(fits(AAC, both.target) && fits(OPUS, both.target) && fits(1 / frameRate, both.target), `${desired} s: ${both.target}`);
      assert.deepEqual(both, choosePartTiming(1 / frameRate, [OPUS], desired), 'AAC changes it for nobody');
    }
  });
}
