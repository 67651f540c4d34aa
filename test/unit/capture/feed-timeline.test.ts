import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FeedTimeline } from '../../../src/capture/feed-timeline.ts';

/** Wall clock at 0 of the timeline. */
const ORIGIN = 1_700_000_000_000;

test('the times of the first feed stay as they are', () => {
  const timeline = new FeedTimeline(() => ORIGIN);
  assert.deepEqual(
    [5_000_000, 5_033_333, 5_066_667].map((time) => timeline.place(time, ORIGIN + time / 1_000 + 20)),
    [5_000_000, 5_033_333, 5_066_667],
  );
});

test('a later feed is placed where it arrives, whatever it counts from', () => {
  const timeline = new FeedTimeline(() => ORIGIN);
  timeline.place(5_000_000, ORIGIN + 5_000);
  timeline.restart();
  assert.equal(timeline.place(77, ORIGIN + 6_000), 6_000_000);
  assert.equal(timeline.place(77 + 33_333, ORIGIN + 6_050), 6_033_333, 'its frames keep their distance');
});

test('a frame that comes after something was made for its time has no place', () => {
  const timeline = new FeedTimeline(() => ORIGIN);
  timeline.place(5_000_000, ORIGIN + 5_000);
  assert.equal(timeline.placeMade(ORIGIN + 5_040), 5_040_000);
  assert.equal(timeline.place(5_033_333, ORIGIN + 5_045), null);
  assert.equal(timeline.place(5_066_667, ORIGIN + 5_070), 5_066_667);
});

test('the first feed follows a card that was shown before it', () => {
  const timeline = new FeedTimeline(() => null);
  assert.equal(timeline.placeMade(ORIGIN), 0);
  assert.equal(timeline.placeMade(ORIGIN + 40), 40_000);
  assert.equal(timeline.place(9_999_999_999, ORIGIN + 80), 80_000);
});
