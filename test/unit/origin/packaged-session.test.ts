import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackagedSession } from '../../../server-reference/src/origin/packaged-session.ts';
import { Packager } from '../../../server-reference/src/packaging/packager.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function session(): { clock: FakeClock; packaged: PackagedSession } {
  const clock = new FakeClock();
  const nothing = (): void => undefined;
  const info = { id: 'abc', stream: 'demo', renditions: [], zero: clock.now() };
  const packager = new Packager(info, { partDuration: 0.2, segmentDuration: 2, window: 30, keyframeNeeded: nothing, changed: nothing });
  return { clock, packaged: new PackagedSession('demo', packager, clock) };
}

test('rule 17: a wait ends when its time has passed, and leaves nothing behind', async () => {
  const { clock, packaged } = session();
  const wait = packaged.wait(() => false, 6000, new AbortController().signal);
  clock.advance(5999);
  packaged.changed();
  assert.equal(packaged.waiting, 1);
  clock.advance(1);
  assert.equal(await wait, 'timeout');
  assert.equal(packaged.waiting, 0);
  assert.equal(clock.pending, 0);
});

test('a wait ends when its client is gone, and leaves nothing behind', async () => {
  const { clock, packaged } = session();
  const abort = new AbortController();
  const wait = packaged.wait(() => false, 6000, abort.signal);
  abort.abort();
  assert.equal(await wait, 'gone');
  assert.equal(packaged.waiting, 0);
  assert.equal(clock.pending, 0);
});

test('a change wakes those whose wait is over and no other', async () => {
  const { packaged } = session();
  let ready = false;
  const first = packaged.wait(() => ready, 6000, new AbortController().signal);
  packaged.wait(() => false, 6000, new AbortController().signal).catch(assert.fail);
  ready = true;
  packaged.changed();
  assert.equal(await first, 'ready');
  assert.equal(packaged.waiting, 1);
});
