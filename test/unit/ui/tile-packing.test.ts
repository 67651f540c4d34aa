import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packTiles } from '../../../src/ui/tile-packing.ts';

describe('tile packing', () => {
  test('gives one tile the whole of a wide box', () => {
    assert.deepEqual(packTiles(1, 1600, 900, 10), { columns: 1, rows: 1, width: 1600, height: 900 });
  });

  test('puts two side by side in a wide box and one above the other in a tall one', () => {
    assert.equal(packTiles(2, 1200, 600, 10).columns, 2);
    assert.equal(packTiles(2, 390, 700, 10).columns, 1);
  });

  test('puts four in a square of two by two', () => {
    const { columns, rows } = packTiles(4, 1280, 720, 10);
    assert.deepEqual([columns, rows], [2, 2]);
  });

  test('fits into any box with any count, and keeps the aspect', () => {
    for (const [width, height] of [
      [160, 160],
      [390, 600],
      [1280, 720],
      [2400, 300],
      [300, 2000],
    ] as const) {
      for (let count = 1; count <= 40; count++) {
        const packing = packTiles(count, width, height, 8);
        const used = (tiles: number, size: number): number => tiles * size + (tiles - 1) * 8;
        assert.ok(packing.columns * packing.rows >= count);
        assert.ok(used(packing.columns, packing.width) <= width, `${count} in ${width}×${height}`);
        assert.ok(used(packing.rows, packing.height) <= height, `${count} in ${width}×${height}`);
        if (packing.height < 20) continue;
        const aspect = packing.width / packing.height;
        assert.ok(aspect > 0.72 && aspect < 1.84, `aspect ${aspect} of ${count} in ${width}×${height}`);
      }
    }
  });

  test('has no tile larger in any other number of columns', () => {
    const best = packTiles(5, 1280, 720, 10);
    assert.deepEqual([best.columns, best.rows], [3, 2]);
  });

  test('is empty where there is no room', () => {
    assert.deepEqual(packTiles(3, 0, 0, 10), { columns: 3, rows: 1, width: 0, height: 0 });
  });
});
