import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bursts } from '../../../server-reference/src/hub/burst.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface Let {
  readonly at: number;
  readonly frame: number;
}

function setup() {
  const clock = new FakeClock();
  const began = clock.now();
  const released: Let[] = [];
  const host = {
    get now() {
      return clock.now();
    },
    after: (delay: number, task: () => void) => clock.after(delay, task),
  };
  const bursts = new Bursts<number>(host, (frame) => released.push({ at: clock.now() - began, frame }));
  /** 25 frames a second from this second on, all at once; each frame is its time in milliseconds. */
  const burst = (from: number, seconds: number): void => {
    for (let index = 0; index < seconds * 25; index++) bursts.push(from + index / 25, Math.round(from * 1000) + index * 40);
  };
  return { clock, bursts, released, burst };
}

const longestPause = (released: readonly Let[]): number =>
  Math.max(...released.slice(1).map(({ at }, index) => at - (released[index]?.at ?? 0)));

test('frames that come two seconds at a time go on as evenly as they were captured', () => {
  const { clock, released, burst } = setup();
  for (let second = 0; second < 10; second += 2) {
    burst(second, 2);
    clock.advance(2000);
  }
  assert.equal(released.length, 250);
  assert.ok(longestPause(released) <= 50, `${longestPause(released)} ms`);
});

test('a burst that is longer than those before it costs its difference once', () => {
  const { clock, released, burst } = setup();
  burst(0, 1);
  clock.advance(3000);
  burst(1, 3);
  clock.advance(3000);
  burst(4, 3);
  clock.advance(3000);
  assert.ok(longestPause(released) <= 2100, `${longestPause(released)} ms`);
  const after = released.filter(({ frame }) => frame >= 1000);
  assert.equal(after.length, 150);
  assert.ok(longestPause(after) <= 50, `${longestPause(after)} ms`);
});

test('pictures and sound of one burst, which come one after the other, go on in the order of time', () => {
  const { clock, bursts, released } = setup();
  for (const time of [0, 0.04, 0.08]) bursts.push(time, time * 1000);
  for (const time of [0.02, 0.06, 0.1]) bursts.push(time, time * 1000);
  clock.advance(200);
  assert.deepEqual(
    released.map(({ frame }) => frame),
    [0, 20, 40, 60, 80, 100],
  );
});

test('times that go back by an hour do not hold up what came before, nor what comes after', () => {
  const { clock, released, burst } = setup();
  burst(3600, 2);
  clock.advance(500);
  burst(0, 2);
  assert.equal(released.length, 50, 'what came before has gone on');
  clock.advance(2000);
  assert.equal(released.length, 100);
});

test('what is held goes on at once when the source ends, and no timer is left', () => {
  const { clock, bursts, released, burst } = setup();
  burst(0, 2);
  clock.advance(1000);
  assert.ok(released.length <= 26);
  bursts.flush();
  assert.equal(released.length, 50);
  assert.equal(clock.pending, 0);
});
