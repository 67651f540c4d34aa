/** A little of what `node test/fuzz/run.ts` does for long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../../fuzz/fuzz.ts';
import { fuzzTargets } from '../../fuzz/targets.ts';

test('three thousand damaged inputs are refused in words or read, and nothing else', async () => {
  const { inputs, crashes } = await fuzz(fuzzTargets(), { inputs: 3000, seed: 20_260 });
  assert.deepEqual(crashes, []);
  assert.equal(inputs, 3000);
});
