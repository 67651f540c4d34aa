/** Going on air again by itself: what a tab remembers, and which tab may. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { OnAirClaim } from '../../../src/capture/on-air-claim.ts';
import { type OnAirMark, OnAirMarks } from '../../../src/capture/on-air-marks.ts';

const SERVER = 'https://live.example';
const MARK: OnAirMark = { camera: true, microphone: true, muted: true, card: { title: 'Back soon', text: 'A break' } };

describe('a mark of being on air', () => {
  const items = new Map<string, string>();
  const storage = {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  } as Storage;
  const permissions: Record<string, PermissionState> = {};
  let navigatorBefore: PropertyDescriptor | undefined;

  beforeEach(() => {
    items.clear();
    Object.assign(permissions, { camera: 'granted', microphone: 'granted' });
    navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    const query = async ({ name }: { name: string }) => ({ state: permissions[name] });
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { permissions: { query } } });
  });

  afterEach(() => {
    if (navigatorBefore) Object.defineProperty(globalThis, 'navigator', navigatorBefore);
  });

  test('outlives the page, by server and stream, with what was muted and shown', async () => {
    new OnAirMarks(() => storage).set(SERVER, 'launch', MARK);
    const after = new OnAirMarks(() => storage);
    assert.deepEqual(await after.resumable(SERVER, 'launch'), MARK);
    assert.equal(await after.resumable(SERVER, 'other'), null);
    assert.equal(await after.resumable('https://other.example', 'launch'), null);
  });

  test('is gone once the broadcast has ended', async () => {
    const marks = new OnAirMarks(() => storage);
    marks.set(SERVER, 'launch', MARK);
    marks.delete(SERVER, 'launch');
    assert.equal(await marks.resumable(SERVER, 'launch'), null);
  });

  test('is not followed where camera or microphone would ask first', async () => {
    const marks = new OnAirMarks(() => storage);
    marks.set(SERVER, 'launch', MARK);
    permissions['microphone'] = 'prompt';
    assert.equal(await marks.resumable(SERVER, 'launch'), null);
    marks.set(SERVER, 'launch', { ...MARK, microphone: false });
    assert.notEqual(await marks.resumable(SERVER, 'launch'), null);
    permissions['camera'] = 'denied';
    assert.equal(await marks.resumable(SERVER, 'launch'), null);
  });

  test('is not followed by whoever comes back after two minutes', async () => {
    let now = 1_000_000;
    const marks = new OnAirMarks(
      () => storage,
      () => now,
    );
    marks.set(SERVER, 'launch', MARK);
    now += 119_000;
    assert.deepEqual(await marks.resumable(SERVER, 'launch'), MARK);
    now += 2_000;
    assert.equal(await marks.resumable(SERVER, 'launch'), null);
  });

  test('of a screen is not followed, since nobody but the user can choose one', async () => {
    const marks = new OnAirMarks(() => storage);
    marks.set(SERVER, 'launch', { ...MARK, camera: false });
    assert.equal(await marks.resumable(SERVER, 'launch'), null);
  });

  for (const [what, text] of [
    ['no JSON', '{'],
    ['of another shape', '{"camera":"yes"}'],
    ['null', 'null'],
  ] as const) {
    test(`that is ${what} is none`, async () => {
      const marks = new OnAirMarks(() => storage);
      marks.set(SERVER, 'launch', MARK);
      for (const name of items.keys()) items.set(name, text);
      assert.equal(await marks.resumable(SERVER, 'launch'), null);
    });
  }

  test('that may not be stored is none', async () => {
    const marks = new OnAirMarks(() => {
      throw new DOMException('', 'SecurityError');
    });
    marks.set(SERVER, 'launch', MARK);
    assert.equal(await marks.resumable(SERVER, 'launch'), null);
  });
});

// Node has the locks of the Web Locks API itself.
describe('the claim of a page on a stream', { skip: globalThis.navigator?.locks === undefined }, () => {
  const claims: OnAirClaim[] = [];
  const claim = (): OnAirClaim => {
    const made = new OnAirClaim();
    claims.push(made);
    return made;
  };

  afterEach(() => {
    for (const made of claims.splice(0)) made.release();
  });

  test('is granted to the first page, and to the next one once the first is gone', async () => {
    const [first, second] = [claim(), claim()];
    assert.equal(await first.take(SERVER, 'launch'), true);
    const waiting = second.take(SERVER, 'launch');
    first.release();
    assert.equal(await waiting, true);
  });

  test('is refused while another page is on air, and stands by', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const [first, second, third] = [claim(), claim(), claim()];
    assert.equal(await first.take(SERVER, 'launch'), true);
    const waiting = second.take(SERVER, 'launch');
    context.mock.timers.tick(1_500);
    assert.equal(await waiting, false);
    first.release();
    // The second has it now, so that a third does not get it.
    const late = third.take(SERVER, 'launch');
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(1_500);
    assert.equal(await late, false);
  });

  test('is for one stream of one server', async () => {
    assert.equal(await claim().take(SERVER, 'launch'), true);
    assert.equal(await claim().take(SERVER, 'other'), true);
    assert.equal(await claim().take('https://other.example', 'launch'), true);
  });

  test('is granted where the browser has no locks', async () => {
    assert.equal(await new OnAirClaim(() => undefined).take(SERVER, 'launch'), true);
  });
});
