import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeConfig } from '../../../server-reference/src/config/config.ts';
import { ladder } from '../../../server-reference/src/config/values.ts';

test('a ladder is a list of heights, the greatest first, each once', () => {
  assert.deepEqual(ladder('240, 720,480,720'), [720, 480, 240]);
  assert.deepEqual(ladder('none'), []);
  assert.deepEqual(completeConfig({}).ladder, []);
});

for (const wrong of ['720p', '0', '95', '481', '4320', '720,-480', '1080,720,540,480,360,240,144']) {
  test(`"${wrong}" is no ladder`, () => {
    assert.throws(() => ladder(wrong), /heights/);
  });
}
