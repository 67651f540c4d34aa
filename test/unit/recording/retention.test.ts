import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tooMuch } from '../../../server-reference/src/recording/retention.ts';

const HOUR = 3_600_000;
const recording = (name: string, startedAt: number, bytes: number) => ({ name, startedAt, endedAt: startedAt + HOUR, bytes });
const RECORDINGS = [recording('second', 5 * HOUR, 30), recording('first', 0, 20), recording('third', 9 * HOUR, 40)];
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

test('without limits nothing has to go', () => {
  assert.deepEqual(tooMuch(RECORDINGS, 1e12, 1e15, { maxAge: null, maxSize: null }), []);
});

test('what ended longer ago than the greatest age goes', () => {
  assert.deepEqual(names(tooMuch(RECORDINGS, 0, 10 * HOUR, { maxAge: 4 * HOUR, maxSize: null })), ['first']);
  assert.deepEqual(names(tooMuch(RECORDINGS, 0, 10 * HOUR + 1, { maxAge: 4 * HOUR, maxSize: null })), ['first', 'second']);
});

test('the oldest go until the rest fits', () => {
  assert.deepEqual(names(tooMuch(RECORDINGS, 0, 0, { maxAge: null, maxSize: 90 })), []);
  assert.deepEqual(names(tooMuch(RECORDINGS, 0, 0, { maxAge: null, maxSize: 89 })), ['first']);
  assert.deepEqual(names(tooMuch(RECORDINGS, 0, 0, { maxAge: null, maxSize: 40 })), ['first', 'second']);
});

test('what is being recorded counts, and does not go', () => {
  assert.deepEqual(names(tooMuch(RECORDINGS, 60, 0, { maxAge: null, maxSize: 100 })), ['first', 'second']);
  assert.deepEqual(names(tooMuch([], 1000, 0, { maxAge: 1, maxSize: 1 })), []);
});
