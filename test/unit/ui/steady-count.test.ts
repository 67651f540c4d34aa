import assert from 'node:assert/strict';
import { test } from 'node:test';

// As far as words need a page.
Object.defineProperty(globalThis, 'document', { value: { documentElement: { lang: 'en' } }, configurable: true });
const { SteadyCount } = await import('../../../src/components/rtc-frames/steady-count.ts');

test('a number of faces is said once it has held for two answers, and once', () => {
  const count = new SteadyCount();
  const said = [1, 1, 1, 0, 1, 2, 2, 0, 0, 0].map((faces) => count.toSay(faces));
  const heard = said.flatMap((text, index) => (text === null ? [] : [[index, text]]));
  assert.deepEqual(heard, [
    [1, 'One face in view'],
    [6, '2 in view: faces'],
    [8, 'No face in view'],
  ]);
});
