/** How often detection runs, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DetectionPace, detectRate } from '../../../src/vision/tracking/detection-pace.ts';

/** Detections in ten seconds of pictures, each taking `took`, which come `every` milliseconds with a little jitter. */
function run(pace: DetectionPace, every: number, took: (at: number) => number, from = 0): number {
  let detections = 0;
  let busyUntil = from;
  for (let index = 0; index * every < 10_000; index += 1) {
    const now = from + index * every + (index % 3);
    if (now < busyUntil || !pace.isDue(now)) continue;
    pace.begin(now);
    const time = took(now);
    pace.end(time, now + time);
    busyUntil = now + time;
    detections += 1;
  }
  return detections;
}

describe('the pace of detection', () => {
  const table = [
    { name: 'every picture is looked at where that is cheap', rate: 30, every: 1000 / 30, took: 5, least: 295, most: 300 },
    { name: 'a lower rate is kept', rate: 10, every: 1000 / 30, took: 5, least: 97, most: 101 },
    { name: 'a rate that pictures do not divide is kept on average', rate: 20, every: 1000 / 30, took: 5, least: 190, most: 201 },
    { name: 'one a second', rate: 1, every: 1000 / 30, took: 5, least: 9, most: 10 },
    { name: 'half of a core and no more', rate: 60, every: 1000 / 60, took: 50, least: 85, most: 101 },
    { name: 'a machine that takes half a second', rate: 30, every: 1000 / 30, took: 500, least: 9, most: 11 },
  ];
  for (const { name, rate, every, took, least, most } of table) {
    it(name, () => {
      const detections = run(new DetectionPace(rate), every, () => took);
      assert.ok(detections >= least && detections <= most, `${detections} detections in ten seconds`);
    });
  }

  it('does not follow what flutters', () => {
    const pace = new DetectionPace(30);
    const seen = new Set<number>();
    run(pace, 1000 / 30, (at) => {
      seen.add(pace.interval);
      return at % 2 < 1 ? 18 : 22;
    });
    assert.ok(seen.size <= 4, `${seen.size} rates`);
  });

  it('is raised again when the machine is free, though not at once', () => {
    const pace = new DetectionPace(30);
    run(pace, 1000 / 30, () => 100);
    assert.ok(pace.interval > 150);
    pace.begin(10_000);
    pace.end(5, 10_005);
    assert.ok(pace.interval > 150);
    run(pace, 1000 / 30, () => 5, 10_000);
    assert.equal(pace.interval, 1000 / 30);
  });

  it('takes rates from 1 to 60, and 30 for what is none', () => {
    assert.deepEqual([0, 1, 61, Number.NaN, undefined, 24.5].map(detectRate), [1, 1, 60, 30, 30, 24.5]);
  });
});
