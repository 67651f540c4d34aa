import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SteadyTimeline } from '../../../src/capture/overlay/steady-timeline.ts';

describe('the timeline of an overlaid track', () => {
  test('leaves timestamps as they are, also those of another input that is ahead', () => {
    const timeline = new SteadyTimeline();
    assert.deepEqual(
      [1000, 34_333, 67_667].map((at) => timeline.follow(at)),
      [1000, 34_333, 67_667],
    );
    timeline.begin();
    assert.equal(timeline.follow(500_000), 500_000);
    assert.equal(timeline.shifted, false);
  });

  test('goes on where an input whose clock is behind takes over, at that input’s pace', () => {
    const timeline = new SteadyTimeline();
    timeline.follow(900_000);
    timeline.begin();
    assert.equal(timeline.follow(2000), 933_333);
    assert.equal(timeline.follow(42_000), 973_333);
    assert.equal(timeline.shifted, true);
  });

  test('rises over a picture of no input', () => {
    const timeline = new SteadyTimeline();
    assert.equal(timeline.next(), 0);
    timeline.follow(900_000);
    assert.equal(timeline.next(), 933_333);
    assert.equal(timeline.follow(920_000), 966_666);
  });
});
