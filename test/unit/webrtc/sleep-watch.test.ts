import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SleepWatch } from '../../../src/webrtc/sleep-watch.ts';
import { FakeTime } from '../../support/fake-time.ts';

function setUp() {
  const time = new FakeTime(0);
  let asleep = 0;
  let woken = 0;
  const watch = new SleepWatch({ timers: time, now: () => time.now() + asleep, woke: () => woken++ });
  return { time, watch, woken: () => woken, sleep: (ms: number) => (asleep += ms) };
}

describe('the watch for sleep', () => {
  test('tells once of a laptop that slept', async () => {
    const { time, sleep, woken } = setUp();
    await time.advance(5000);
    assert.equal(woken(), 0);
    sleep(60_000);
    await time.advance(5000);
    assert.equal(woken(), 1);
  });

  test('takes a slowed timer for no sleep', async () => {
    const { time, sleep, woken } = setUp();
    sleep(9000);
    await time.advance(5000);
    assert.equal(woken(), 0);
  });

  test('leaves no timer behind', () => {
    const { time, watch } = setUp();
    watch.close();
    assert.equal(time.waiting, 0);
  });
});
