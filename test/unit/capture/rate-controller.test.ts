import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateController } from '../../../src/capture/rate-controller.ts';

const TARGET = 2_000_000;
const SOUND = 96_000;

/** A link of fixed capacity behind a buffer: delay grows while more goes in than comes out. */
function drive(
  controller: RateController,
  capacity: (now: number) => number,
  seconds: number,
  from = 0,
  bursts: number | null = null,
): { at: number; rate: number }[] {
  const changes: { at: number; rate: number }[] = [];
  let backlog = 0;
  for (let now = from; now < from + seconds * 1_000; now += 200) {
    const out = capacity(now);
    const offered = controller.rate + SOUND;
    const through = backlog > 0 ? out : Math.min(offered, out);
    backlog = Math.max(0, backlog + (offered - out) * 0.2);
    // What is older than two seconds has been dropped by the queue.
    backlog = Math.min(backlog, 2 * out);
    const delay = 40 + (backlog / out) * 1_000;
    const changed = controller.update({ now, delay, minRoundTrip: 40, throughput: through, sound: SOUND, capacity: bursts });
    if (changed !== null) changes.push({ at: now, rate: changed });
  }
  return changes;
}

test('a link with room never changes the rate', () => {
  const controller = new RateController({ target: TARGET });
  assert.deepEqual(
    drive(controller, () => 5_000_000, 60),
    [],
  );
  assert.equal(controller.rate, TARGET);
});

test('a full link lowers the rate within a second, to below what gets through', () => {
  const controller = new RateController({ target: TARGET });
  const [first] = drive(controller, () => 600_000, 3);
  assert.ok(first !== undefined && first.at <= 1_000);
  drive(controller, () => 600_000, 3, 3_000);
  assert.ok(controller.rate <= 600_000, `${controller.rate}`);
});

for (const capacity of [300_000, 600_000, 1_200_000]) {
  test(`a link of ${capacity / 1_000} kbit/s is found and held, beside the sound`, () => {
    const controller = new RateController({ target: TARGET });
    drive(controller, () => capacity, 60);
    assert.ok(controller.rate >= (capacity - SOUND) * 0.7 && controller.rate <= capacity, `${controller.rate}`);
  });
}

test('a link that stood still for two seconds is used in full again within ten', () => {
  const controller = new RateController({ target: TARGET });
  for (let now = 0; now < 2_000; now += 200)
    controller.update({ now, delay: now, minRoundTrip: 10, throughput: 0, sound: SOUND, capacity: null });
  assert.ok(controller.rate < TARGET);
  drive(controller, () => 10_000_000, 10, 2_000);
  assert.equal(controller.rate, TARGET);
});

test('the rate comes back to the target once the link is free again', () => {
  const controller = new RateController({ target: TARGET });
  drive(controller, () => 500_000, 10);
  assert.ok(controller.rate < 600_000);
  drive(controller, () => 10_000_000, 30, 10_000);
  assert.equal(controller.rate, TARGET);
});

test('a link whose bursts show room is used in full within eight seconds, however long it was tight', () => {
  const controller = new RateController({ target: TARGET });
  drive(controller, () => 240_000, 300, 0, 240_000);
  assert.ok(controller.rate < 240_000);
  drive(controller, () => 10_000_000, 8, 300_000, 10_000_000);
  assert.equal(controller.rate, TARGET);
});

test('bursts that a link lets through beyond what it holds are soon not believed any more', () => {
  const controller = new RateController({ target: TARGET });
  const changes = drive(controller, () => 500_000, 300, 0, 10_000_000);
  const doubled = changes.filter(({ rate }, index) => rate >= (changes[index - 1]?.rate ?? rate) * 1.9).map(({ at }) => at);
  assert.ok(doubled.length >= 1 && doubled.length <= 4, `believed at ${doubled.join(', ')}`);
  assert.ok((doubled.at(-1) ?? 0) < 150_000, 'in the end the careful steps are the only ones');
});

test('an increase that fills the link doubles the wait before the next', () => {
  const controller = new RateController({ target: TARGET });
  const changes = drive(controller, () => 1_000_000, 300);
  const increases = changes.filter(({ rate }, index) => index > 0 && rate > (changes[index - 1]?.rate ?? 0)).map(({ at }) => at);
  const late = increases.filter((at) => at > 200_000).length;
  const early = increases.filter((at) => at < 100_000).length;
  assert.ok(late < early, `${early} early, ${late} late`);
});

test('a link that stands still halves the rate and never goes below the floor', () => {
  const controller = new RateController({ target: TARGET });
  for (let now = 0; now < 20_000; now += 200)
    controller.update({ now, delay: 2_000, minRoundTrip: 40, throughput: 0, sound: SOUND, capacity: null });
  assert.equal(controller.rate, 150_000);
});

test("the server's limit holds until it is raised", () => {
  const controller = new RateController({ target: TARGET });
  assert.equal(controller.limit(800_000), 800_000);
  drive(controller, () => 10_000_000, 60);
  assert.equal(controller.rate, 800_000);
  assert.equal(controller.limit(5_000_000), null);
  drive(controller, () => 10_000_000, 60, 60_000);
  assert.equal(controller.rate, TARGET);
});

for (const bursts of [null, 10_000_000]) {
  test(`a link that was narrow for a while is used in full within half a minute, bursts ${bursts === null ? 'unseen' : 'not believed any more'}`, () => {
    for (let narrow = 30; narrow <= 90; narrow += 5) {
      const controller = new RateController({ target: 1_000_000 });
      drive(controller, () => 300_000, narrow, 0, bursts);
      drive(controller, () => 20_000_000, 30, narrow * 1_000, bursts);
      assert.equal(controller.rate, 1_000_000, `after ${narrow} s`);
    }
  });
}

test('a rate that the encoder does not use is raised step by small step: that it fits proves nothing', () => {
  const controller = new RateController({ target: TARGET });
  drive(controller, () => 300_000, 20);
  const began = controller.rate;
  for (let now = 20_000; now < 50_000; now += 200)
    controller.update({ now, delay: 40, minRoundTrip: 40, throughput: began * 0.5 + SOUND, sound: SOUND, capacity: null });
  assert.ok(controller.rate > began && controller.rate < 3 * began, `${began}, then ${controller.rate}`);
});
