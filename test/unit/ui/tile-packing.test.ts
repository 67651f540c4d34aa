import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packTiles } from '../../../src/ui/tile-packing.ts';

const GAP = 10;
const used = (tiles: number, size: number, gap = GAP): number => tiles * size + (tiles - 1) * gap;

describe('tile packing', () => {
  test('gives one tile the whole of a wide box', () => {
    assert.deepEqual(packTiles(1, 1600, 900, GAP), { columns: 1, rows: 1, width: 1600, height: 900 });
  });

  test('gives two people on a desktop wide tiles, side by side', () => {
    const { columns, width, height } = packTiles(2, 1280, 640, GAP);
    assert.equal(columns, 2);
    assert.ok(width / height >= 1.33, `${width}×${height}`);
  });

  test('gives one person on a phone an upright tile, and two one above the other', () => {
    const { width, height } = packTiles(1, 390, 600, GAP);
    assert.deepEqual([width, height], [390, 520]);
    assert.equal(packTiles(2, 390, 700, GAP).columns, 1);
  });

  const expected: readonly [box: readonly [number, number], columns: Readonly<Record<number, number>>][] = [
    [[390, 600], { 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 9: 2, 25: 3 }],
    [[800, 600], { 1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 9: 3, 25: 5 }],
    [[1440, 800], { 1: 1, 2: 2, 3: 2, 4: 2, 5: 3, 9: 3, 25: 5 }],
    [[300, 200], { 1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 9: 2, 25: 2 }],
  ];
  for (const [[width, height], counts] of expected) {
    test(`has the expected columns in ${width}×${height}`, () => {
      const columns = Object.keys(counts).map((count) => [count, packTiles(Number(count), width, height, GAP).columns]);
      assert.deepEqual(Object.fromEntries(columns), counts);
    });
  }

  test('keeps 25 tiles wide enough to be recognised, and lets them overflow the height', () => {
    for (const [width, height] of [
      [390, 600],
      [300, 200],
    ] as const) {
      const packing = packTiles(25, width, height, GAP);
      assert.ok(packing.width >= 120, `${packing.width} px in ${width}×${height}`);
      assert.ok(used(packing.rows, packing.height) > height);
    }
  });

  test('does not overflow where 25 fit', () => {
    const packing = packTiles(25, 1440, 800, GAP);
    assert.ok(used(packing.rows, packing.height) <= 800);
  });

  test('holds any count in any box, never wider than the box, and keeps the aspect', () => {
    for (const [width, height] of [
      [160, 160],
      [390, 600],
      [1280, 720],
      [2400, 300],
      [300, 2000],
      [100, 60],
    ] as const) {
      for (let count = 1; count <= 40; count++) {
        const packing = packTiles(count, width, height, 8);
        const what = `${count} in ${width}×${height}`;
        assert.ok(packing.columns * packing.rows >= count, what);
        assert.ok(used(packing.columns, packing.width, 8) <= width, what);
        assert.ok(packing.height <= height, `one tile is seen whole: ${what}`);
        if (used(packing.rows, packing.height, 8) > height) {
          const more = used(packing.columns + 1, 120, 8);
          assert.ok(more > width, `scrolls only when no column more fits: ${what}`);
        }
        const aspect = packing.width / packing.height;
        assert.ok(aspect > 0.72 && aspect < 1.84, `aspect ${aspect} of ${what}`);
      }
    }
  });

  test('is empty where there is no room', () => {
    assert.deepEqual(packTiles(3, 0, 0, GAP), { columns: 3, rows: 1, width: 0, height: 0 });
  });
});
