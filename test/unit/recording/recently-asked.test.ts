import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentlyAsked } from '../../../server-reference/src/recording/recently-asked.ts';

test('what was asked for recently is made once; what was not for the longest goes first', async () => {
  const made: string[] = [];
  const recent = new RecentlyAsked<string>(2);
  const ask = (key: string): Promise<string> =>
    recent.get(key, async () => {
      made.push(key);
      return key;
    });
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) assert.equal(await ask(key), key);
  assert.deepEqual(made, ['a', 'b', 'c', 'b']);
});

test('what failed is made again by the next who asks', async () => {
  const recent = new RecentlyAsked<string>(2);
  await assert.rejects(
    recent.get('a', async () => {
      throw new Error('no disk');
    }),
    /no disk/,
  );
  assert.equal(await recent.get('a', async () => 'made'), 'made');
});
