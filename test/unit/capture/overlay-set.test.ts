/** Which overlays are chosen, and what becomes of those that are no longer. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { OverlaySet } from '../../../src/capture/overlay/overlay-set.ts';
import type { Overlay, OverlayFactory } from '../../../src/vision/overlay.ts';

describe('the overlays that are chosen', () => {
  let set: OverlaySet;
  let closed: string[];
  let failures: unknown[];
  const failed = (error: unknown): number => failures.push(error);

  beforeEach(() => {
    set = new OverlaySet();
    closed = [];
    failures = [];
  });

  const plain: OverlayFactory = ({ name }) => ({ draw: () => undefined, close: () => closed.push(String(name)) });
  const faces: OverlayFactory = () => ({ needsFaces: true, draw: () => undefined });
  const request = (name: string, factory = plain, options: Record<string, unknown> = { name }) => ({ name, factory, options });

  test('one that is chosen again as it was lives on, whatever stands around it', async () => {
    await set.choose([request('a'), request('b')], failed);
    const [a, b] = set.overlays;
    await set.choose([request('b'), request('c')], failed);
    assert.equal(set.overlays[0], b);
    assert.notEqual(set.overlays[1], a);
    assert.deepEqual(closed, ['a']);
  });

  test('one with other options is another one', async () => {
    await set.choose([request('a')], failed);
    const [before] = set.overlays;
    await set.choose([request('a', plain, { name: 'a', text: 'new' })], failed);
    assert.notEqual(set.overlays[0], before);
    assert.deepEqual(closed, ['a']);
  });

  test('the same twice is two', async () => {
    await set.choose([request('a'), request('a')], failed);
    assert.equal(new Set(set.overlays).size, 2);
    await set.choose([request('a')], failed);
    assert.equal(set.overlays.length, 1);
    assert.deepEqual(closed, ['a']);
  });

  test('what cannot be made is told, and the others are there', async () => {
    const broken: OverlayFactory = () => {
      throw new Error('no paint');
    };
    await set.choose([request('broken', broken), request('b')], failed);
    assert.equal(set.overlays.length, 1);
    assert.equal(failures.length, 1);
  });

  test('what was to hide something and cannot be made hides everything, and is tried again with the next choice', async () => {
    let makes = false;
    const hide: OverlayFactory = () => {
      if (!makes) throw new Error('no paint');
      return { hides: true, draw: () => undefined };
    };
    await set.choose([request('hide-face', hide), request('b')], failed);
    assert.equal(set.hides, true);
    const [standIn] = set.overlays;
    assert.throws(() => standIn?.draw({} as never, {} as never));
    makes = true;
    await set.choose([request('hide-face', hide), request('b')], failed);
    assert.equal(failures.length, 1);
    assert.doesNotThrow(() => set.overlays[0]?.draw({} as never, {} as never));
  });

  test('of a page, what is registered as hiding hides everything where its module cannot be loaded; what is not is left out', async () => {
    const module = 'data:text/plain,';
    await set.choose([{ name: 'sepia', module }], failed);
    assert.deepEqual([set.overlays.length, set.hides], [0, false]);
    await set.choose([{ name: 'veil', module, hides: true }], failed);
    assert.equal(set.hides, true);
    assert.throws(() => set.overlays[0]?.draw({} as never, {} as never));
    assert.equal(failures.length, 2);
  });

  test('a choice that is overtaken while it is made is closed and changes nothing', async () => {
    const made = Promise.withResolvers<Overlay>();
    const slow = set.choose([request('slow', () => made.promise)], failed);
    assert.equal(await set.choose([request('b')], failed), true);
    made.resolve({ draw: () => undefined, close: () => closed.push('slow') });
    assert.equal(await slow, false);
    assert.deepEqual(closed, ['slow']);
    assert.equal(set.overlays.length, 1);
  });

  test('faces are needed while one of them needs faces', async () => {
    await set.choose([request('a'), request('f', faces)], failed);
    assert.equal(set.needsFaces, true);
    await set.choose([request('a')], failed);
    assert.equal(set.needsFaces, false);
  });

  test('all are closed in the end, also where one of them throws', async () => {
    const sour: OverlayFactory = () => ({
      draw: () => undefined,
      close: () => {
        throw new Error('not now');
      },
    });
    await set.choose([request('sour', sour), request('b')], failed);
    set.close(failed);
    assert.deepEqual(closed, ['b']);
    assert.equal(failures.length, 1);
    assert.deepEqual(set.overlays, []);
  });
});
