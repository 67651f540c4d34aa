import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bufferedAhead,
  holdBackOf,
  type MediaSpan,
  newestRun,
  nextBuffered,
  type PlaylistEdge,
  usualPart,
} from '../../../src/playback/live-edge.ts';

const segments = (...spans: MediaSpan[]): MediaSpan[] => spans;
const parts = (start: number, durations: number[], gaps: readonly number[] = []): MediaSpan[] => {
  let at = start;
  return durations.map((duration, index) => {
    const span = { start: at, end: at + duration, gap: gaps.includes(index) };
    at += duration;
    return span;
  });
};

function edge(changes: Partial<PlaylistEdge>): PlaylistEdge {
  return { fragments: [], partList: null, partTarget: 0, partHoldBack: 0, holdBack: 0, targetduration: 2, ...changes };
}

describe('the usual part', () => {
  it('is the median, not the upper bound with its slack', () => {
    assert.ok(Math.abs((usualPart(edge({ partTarget: 0.22, partList: parts(0, [0.2, 0.2, 0.2, 0.05, 0.2]) })) ?? 0) - 0.2) < 1e-9);
  });
  it('is PART-TARGET before there is a part', () => assert.equal(usualPart(edge({ partTarget: 0.22 })), 0.22));
  it('is null in a playlist without parts', () => assert.equal(usualPart(edge({})), null));
});

describe('the hold-back', () => {
  it('is PART-HOLD-BACK where there are parts', () => {
    assert.equal(holdBackOf(edge({ partHoldBack: 0.66, holdBack: 6, partList: parts(0, [0.2]) })), 0.66);
  });
  it('is HOLD-BACK without parts', () => assert.equal(holdBackOf(edge({ holdBack: 5 })), 5));
  it('is three target durations where the playlist does not say', () => assert.equal(holdBackOf(edge({ targetduration: 4 })), 12));
});

describe('the newest run', () => {
  it('joins segments and the parts behind them', () => {
    const run = newestRun(edge({ fragments: segments({ start: 0, end: 2 }, { start: 2, end: 4 }), partList: parts(4, [0.2, 0.2]) }));
    assert.deepEqual(run, { start: 0, end: 4.4 });
  });

  it('does not count the parts that a listed segment is made of twice', () => {
    const fragments = segments({ start: 0, end: 2 }, { start: 2, end: 4 });
    assert.deepEqual(newestRun(edge({ fragments, partList: parts(2, [1, 1, 0.2]) })), { start: 0, end: 4.2 });
  });

  it('ends before the gaps at the edge while the broadcaster is away', () => {
    const run = newestRun(edge({ fragments: segments({ start: 0, end: 2 }), partList: parts(2, [0.2, 0.2, 0.2], [1, 2]) }));
    assert.deepEqual(run, { start: 0, end: 2.2 });
  });

  it('starts behind the gap once the broadcaster is back', () => {
    const fragments = segments({ start: 0, end: 2 }, { start: 2, end: 4, gap: true });
    assert.deepEqual(newestRun(edge({ fragments, partList: parts(4, [0.5]) })), { start: 4, end: 4.5 });
  });

  it('is null where there is nothing but gaps', () => {
    assert.equal(newestRun(edge({ fragments: segments({ start: 0, end: 2, gap: true }) })), null);
  });
});

const ranges = (...spans: [number, number][]): TimeRanges => ({
  length: spans.length,
  start: (index) => spans[index]?.[0] ?? Number.NaN,
  end: (index) => spans[index]?.[1] ?? Number.NaN,
});

describe('the buffer ahead', () => {
  it('ends at the first hole', () => assert.equal(bufferedAhead(ranges([0, 5], [6, 9]), 4), 1));
  it('bridges holes that players bridge', () => assert.equal(bufferedAhead(ranges([0, 5], [5.05, 9]), 4), 5));
  it('is nothing outside of every range', () => assert.equal(bufferedAhead(ranges([0, 1], [6, 9]), 4), 0));
});

describe('the first media after a position', () => {
  it('is none where the position itself has media', () => assert.equal(nextBuffered(ranges([0, 5], [6, 9]), 4), null));
  it('is where the next range begins', () => assert.equal(nextBuffered(ranges([0, 1], [6, 9]), 2.8), 6));
  it('is none behind the last range', () => assert.equal(nextBuffered(ranges([0, 1], [6, 9]), 9.5), null));
  it('is none where nothing is buffered', () => assert.equal(nextBuffered(ranges(), 0), null));
});
