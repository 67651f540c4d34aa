/** Faces followed between detections, in numbers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LANDMARKS } from '../../../src/vision/face.ts';
import { FollowedFaces } from '../../../src/vision/tracking/followed-faces.ts';
import { boxOf, overlapOf } from '../../../src/vision/tracking/landmark-box.ts';
import { matchFaces } from '../../../src/vision/tracking/match-faces.ts';
import { OneEuroFilter } from '../../../src/vision/tracking/one-euro-filter.ts';

/** A face of points on a circle. */
function pointsAround(x: number, y: number, radius = 0.1): Float32Array {
  const points = new Float32Array(LANDMARKS * 3);
  for (let index = 0; index < LANDMARKS; index += 1) {
    const angle = (index / LANDMARKS) * 2 * Math.PI;
    points.set([x + radius * Math.cos(angle), y + radius * Math.sin(angle), 0], index * 3);
  }
  return points;
}

function joined(...faces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(faces.length * LANDMARKS * 3);
  for (const [index, face] of faces.entries()) all.set(face, index * LANDMARKS * 3);
  return all;
}

const STALE = 400_000;
const FRAME = 33_333;

const centreX = (faces: ReturnType<FollowedFaces['at']>, index = 0): number => {
  const box = faces?.[index]?.box;
  return box === undefined ? Number.NaN : box.x + box.width / 2;
};

const box = (x: number, y: number, size = 0.2) => ({ x, y, width: size, height: size });

describe('boxes of landmarks', () => {
  it('hold all points', () => {
    const { x, y, width, height } = boxOf(pointsAround(0.5, 0.4, 0.1));
    for (const [actual, wanted] of [
      [x, 0.4],
      [y, 0.3],
      [width, 0.2],
      [height, 0.2],
    ] as const)
      assert.ok(Math.abs(actual - wanted) < 1e-3, `${actual} is not ${wanted}`);
  });

  it('overlap by what they share', () => {
    assert.equal(overlapOf(box(0, 0), box(0, 0)), 1);
    assert.equal(overlapOf(box(0, 0), box(0.5, 0)), 0);
    assert.ok(Math.abs(overlapOf(box(0, 0), box(0.1, 0)) - 1 / 3) < 1e-9);
  });
});

describe('matching faces', () => {
  const table = [
    { name: 'a face that moved a little is the same', known: [box(0.1, 0.1)], found: [box(0.15, 0.1)], is: [0] },
    { name: 'one on the other side is another', known: [box(0.1, 0.1)], found: [box(0.7, 0.1)], is: [null] },
    { name: 'order does not matter', known: [box(0.1, 0.1), box(0.6, 0.1)], found: [box(0.61, 0.1), box(0.11, 0.1)], is: [1, 0] },
    { name: 'the best fit wins, not the first', known: [box(0.1, 0.1)], found: [box(0.2, 0.1), box(0.11, 0.1)], is: [null, 0] },
    { name: 'a face does not treble between two looks', known: [box(0.1, 0.1, 0.1)], found: [box(0.1, 0.1, 0.3)], is: [null] },
    { name: 'a quick one need not overlap', known: [box(0.1, 0.1, 0.1)], found: [box(0.17, 0.1, 0.1)], is: [0] },
    { name: 'nothing known', known: [], found: [box(0, 0)], is: [null] },
    { name: 'nothing found', known: [box(0, 0)], found: [], is: [] },
  ];
  for (const { name, known, found, is } of table) it(name, () => assert.deepEqual(matchFaces(known, found), is));
});

describe('the one-euro filter', () => {
  const options = { minCutoff: 1, beta: 5, derivativeCutoff: 1 };
  /** Deterministic, and of mean 0. */
  const noise = (index: number): number => 0.01 * Math.sin(index * 12.9898) * Math.cos(index * 78.233);

  it('takes the first values as they are', () => {
    assert.deepEqual([...new OneEuroFilter(options).filter(Float32Array.of(1, 2), 0, 1)], [1, 2]);
  });

  it('calms what stands still', () => {
    const filter = new OneEuroFilter(options);
    let [before, after] = [0, 0];
    for (let index = 0; index < 300; index += 1) {
      const value = noise(index);
      const filtered = filter.filter(Float32Array.of(value), 1 / 30, 1)[0] ?? 0;
      before += value ** 2;
      after += filtered ** 2;
    }
    assert.ok(after < before / 3, `${after} of ${before}`);
  });

  it('keeps up with what moves: less far behind than at its cutoff at rest', () => {
    const lag = (beta: number): number => {
      const filter = new OneEuroFilter({ ...options, beta });
      let last = 0;
      for (let index = 0; index <= 60; index += 1) last = filter.filter(Float32Array.of(index / 30), 1 / 30, 1)[0] ?? 0;
      return 2 - last;
    };
    assert.ok(lag(5) < lag(0) / 3, `${lag(5)} against ${lag(0)}`);
  });
});

describe('followed faces', () => {
  it('are not known before the first detection, and none is known as none', () => {
    const faces = new FollowedFaces();
    assert.equal(faces.at(0, STALE), null);
    faces.detected(new Float32Array(0), 0);
    assert.deepEqual(faces.at(0, STALE), []);
  });

  it('keep their ids while they move, and ids are not used again', () => {
    const faces = new FollowedFaces();
    for (let index = 0; index < 10; index += 1)
      faces.detected(joined(pointsAround(0.2 + index * 0.01, 0.5), pointsAround(0.8 - index * 0.01, 0.5)), index * FRAME);
    assert.deepEqual(
      faces.at(9 * FRAME, STALE)?.map(({ id }) => id),
      [1, 2],
    );
    faces.detected(pointsAround(0.71, 0.5), 10 * FRAME);
    assert.deepEqual(
      faces.at(10 * FRAME, STALE)?.map(({ id }) => id),
      [2],
    );
    faces.detected(joined(pointsAround(0.71, 0.5), pointsAround(0.2, 0.5)), 11 * FRAME);
    assert.deepEqual(
      faces.at(11 * FRAME, STALE)?.map(({ id }) => id),
      [2, 3],
    );
  });

  it('are carried on at their speed, and no farther than is likely', () => {
    const faces = new FollowedFaces();
    // Half the picture's width a second.
    const perFrame = 0.5 / 30;
    for (let index = 0; index <= 15; index += 1) faces.detected(pointsAround(0.2 + index * perFrame, 0.5), index * FRAME);
    const seen = centreX(faces.at(15 * FRAME, STALE));
    const next = centreX(faces.at(16 * FRAME, STALE));
    assert.ok(Math.abs(next - seen - perFrame) < perFrame / 10, `it went ${next - seen}, not ${perFrame}`);
    const late = centreX(faces.at(15 * FRAME + 300_000, STALE));
    assert.ok(late - seen <= 0.3 * 0.2 + 1e-6, `it was carried ${late - seen}`);
  });

  it('hardly lag behind a face that moves evenly', () => {
    const faces = new FollowedFaces();
    for (let index = 0; index <= 15; index += 1) faces.detected(pointsAround(0.2 + (index * 0.5) / 30, 0.5), index * FRAME);
    assert.ok(Math.abs(centreX(faces.at(15 * FRAME, STALE)) - 0.45) < 0.01);
  });

  it('are not known any more once they are stale', () => {
    const faces = new FollowedFaces();
    faces.detected(pointsAround(0.5, 0.5), 1_000_000);
    assert.equal(faces.at(1_000_000 + STALE, STALE)?.length, 1);
    assert.equal(faces.at(1_000_001 + STALE, STALE), null);
  });

  it('are unknown after a change of source', () => {
    const faces = new FollowedFaces();
    faces.detected(pointsAround(0.5, 0.5), 0);
    faces.reset();
    assert.equal(faces.at(0, STALE), null);
  });
});
