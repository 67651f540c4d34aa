/** The pool of detectors: whose turn it is, what becomes of those who wait too long, and of detectors that fail. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { DetectionError, type DetectionFailure } from '../../server-reference/src/vision/detection.ts';
import { DetectionPool, type DetectionPoolOptions } from '../../server-reference/src/vision/detection-pool.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { readLog } from '../support/log-lines.ts';
import { type Deed, moduleOf, STEERED_DETECTOR, SteeredPicture } from '../support/steered-detector.ts';

function openPool(t: TestContext, options: Partial<DetectionPoolOptions> = {}) {
  const clock = new FakeClock();
  const { log, lines } = readLog();
  const pool = new DetectionPool({ detector: STEERED_DETECTOR, maxThreads: 1, maxWaiting: 128, clock, log, ...options });
  t.after(() => pool.close());
  const look = (picture: SteeredPicture, sender?: unknown, signal?: AbortSignal) => pool.detect(picture.picture, signal, sender);
  /** Keeps the thread busy until it is let go. */
  const occupy = async (): Promise<SteeredPicture> => {
    const held = new SteeredPicture();
    look(held).catch(() => undefined);
    await held.begun();
    return held;
  };
  return { pool, clock, lines, look, occupy };
}

/** What happens in other threads is seen by looking. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const at = (): SteeredPicture => new SteeredPicture('answer', true);

async function refused(detection: Promise<unknown>, reason: DetectionFailure, words?: RegExp): Promise<void> {
  await assert.rejects(detection, (error) => {
    assert.ok(error instanceof DetectionError);
    assert.equal(error.reason, reason);
    if (words !== undefined) assert.match(error.message, words);
    return true;
  });
}

test('nothing is started before the first picture, and one thread for one sender', async (t) => {
  const { pool, look } = openPool(t, { maxThreads: 4 });
  assert.equal(pool.threads, 0);
  for (let turn = 0; turn < 3; turn++) {
    const { faces, width, height, ms } = await look(at(), 'ada');
    assert.deepEqual([faces.length, width, height], [1, 2, 2]);
    assert.ok(ms >= 0);
  }
  assert.equal(pool.threads, 1);
});

test('several are looked at at once, as many as there are threads', async (t) => {
  const { pool, look } = openPool(t, { maxThreads: 2 });
  const pictures = [new SteeredPicture(), new SteeredPicture(), new SteeredPicture()];
  const found = pictures.map((picture) => look(picture));
  await Promise.all([pictures[0]?.begun(), pictures[1]?.begun()]);
  assert.deepEqual([pool.threads, pool.waiting, pictures[2]?.isBegun], [2, 1, false]);
  for (const picture of pictures) picture.letGo();
  await Promise.all(found);
});

test('of one sender the newest replaces the one that waits, which is answered as skipped', async (t) => {
  const { pool, look } = openPool(t, { maxThreads: 2 });
  const first = new SteeredPicture();
  const found = look(first, 'ada');
  await first.begun();
  const second = look(at(), 'ada');
  const third = look(at(), 'ada');
  await refused(second, 'skipped');
  const fourth = look(at(), 'ada');
  await refused(third, 'skipped');
  assert.equal(pool.waiting, 1);
  first.letGo();
  await found;
  await fourth;
});

test('turns go round: who sends without end is served no more often than the others', async (t) => {
  const { look, occupy } = openPool(t);
  const held = await occupy();
  const order: string[] = [];
  const send = (sender: string, more: number): Promise<void> => {
    const found = look(at(), sender).then(() => {
      order.push(sender);
    });
    return more === 0 ? found : found.then(() => send(sender, more - 1));
  };
  const all = ['greedy', 'ada', 'bob'].map((sender) => send(sender, 2));
  held.letGo();
  await Promise.all(all);
  assert.deepEqual(order, ['greedy', 'ada', 'bob', 'greedy', 'ada', 'bob', 'greedy', 'ada', 'bob']);
});

test('a picture that is replaced keeps its turn', async (t) => {
  const { look, occupy } = openPool(t);
  const held = await occupy();
  const order: string[] = [];
  const send = (sender: string): Promise<void> => look(at(), sender).then(() => void order.push(sender));
  const replaced = refused(send('ada'), 'skipped');
  const others = [send('bob'), send('ada')];
  held.letGo();
  await Promise.all([replaced, ...others]);
  assert.deepEqual(order, ['ada', 'bob']);
});

test('of a hundred senders at once each is served, and all of them once before any twice', async (t) => {
  const { pool, look } = openPool(t, { maxThreads: 2, maxWaiting: 100 });
  const order: number[] = [];
  const turn = (sender: number) => look(at(), sender).then(() => order.push(sender));
  await Promise.all(Array.from({ length: 100 }, async (_, sender) => turn(sender).then(() => turn(sender))));
  assert.equal(order.length, 200);
  // Two threads may pass each other by one place.
  assert.ok(new Set(order.slice(0, 101)).size >= 99, order.join(' '));
  assert.equal(pool.waiting, 0);
});

test('beyond the limit nobody new may wait, and who waits may still send a newer one', async (t) => {
  const { pool, look, occupy } = openPool(t, { maxWaiting: 2 });
  const held = await occupy();
  const waiting = [look(at(), 'ada'), look(at(), 'bob')];
  await refused(look(at(), 'eve'), 'limit', /Too many/);
  const newer = look(at(), 'ada');
  await refused(waiting[0] ?? Promise.resolve(), 'skipped');
  held.letGo();
  await Promise.all([newer, waiting[1]]);
  await look(at(), 'eve');
  assert.equal(pool.waiting, 0);
});

const CRASHES: readonly (readonly [Deed, RegExp])[] = [
  ['exit', /ended itself with code 3/],
  ['throw later', /behind its back/],
];
for (const [deed, words] of CRASHES) {
  test(`a thread that dies (${deed}) leaves its picture answered, and the next one gets another`, async (t) => {
    const { pool, look, lines } = openPool(t);
    const [fatal, next] = [look(new SteeredPicture(deed)), look(at())];
    await refused(fatal, 'server', /failed on this picture/);
    assert.equal((await next).faces.length, 1);
    assert.equal(pool.threads, 1);
    assert.deepEqual(
      lines.map(({ msg, problem }) => [/thread of the detector ended/.test(msg), words.test(String(problem))]),
      [[true, true]],
    );
  });
}

for (const deed of ['hang', 'loop'] as const) {
  test(`a picture that takes too long (${deed}) costs its thread and nothing else`, async (t) => {
    const { look, clock, lines } = openPool(t);
    const endless = new SteeredPicture(deed);
    const [fatal, next] = [look(endless), look(at())];
    await endless.begun();
    clock.advance(4_999);
    assert.equal(lines.length, 0);
    clock.advance(1);
    await refused(fatal, 'server');
    await next;
    assert.match(String(lines[0]?.['problem']), /5 s/);
  });
}

const FAILURES: readonly (readonly [Deed, RegExp])[] = [
  ['throw', /as it was told/],
  ['no list', /not as it should be/],
  ['no box', /not as it should be: 0\.box/],
  ['not finite', /not as it should be: 0\.box\.x/],
];
for (const [deed, words] of FAILURES) {
  test(`a detector that fails on a picture (${deed}) is told in the log, and stays`, async (t) => {
    const { pool, look, lines } = openPool(t);
    await look(at());
    await refused(look(new SteeredPicture(deed)), 'server', /failed on this picture/);
    await look(at());
    assert.equal(pool.threads, 1);
    assert.deepEqual(
      lines.map(({ problem }) => words.test(String(problem))),
      [true],
      String(lines[0]?.['problem']),
    );
  });
}

const UNUSABLE: readonly (readonly [name: string, module: string, words: RegExp])[] = [
  ['one that is not there', new URL('./no-such-detector.js', import.meta.url).href, /Cannot find module/],
  ['one that is no JavaScript', moduleOf('export default {'), /Unexpected end of input/],
  ['one without a default export', moduleOf('export const detect = 1'), /default export is no function/],
  ['one that throws as it is made', moduleOf('export default () => { throw new Error("no weights") }'), /no weights/],
  ['one that makes no detector', moduleOf('export default () => ({ find() {} })'), /no method detect/],
  ['one that makes nothing', moduleOf('export default async () => null'), /no method detect/],
  ['one that ends its thread', moduleOf('process.exit(7)'), /ended itself with code 7/],
  ['one that never gets ready', moduleOf('export default () => new Promise(() => {})'), /ended itself with code 0/],
];
for (const [name, detector, words] of UNUSABLE) {
  test(`a detector that cannot be used is told once, with what to do: ${name}`, async (t) => {
    const { pool, look, lines, clock } = openPool(t, { detector, maxThreads: 2 });
    await Promise.all([1, 2, 3].map((sender) => refused(look(at(), sender), 'server', /does not load/)));
    // Not tried anew for each picture.
    await refused(look(at()), 'server', /does not load/);
    assert.deepEqual([lines.length, pool.waiting], [1, 0]);
    assert.match(String(lines[0]?.['problem']), words);
    assert.match(String(lines[0]?.['remedy']), /--detector/);
    clock.advance(30_000);
    await refused(look(at()), 'server', /does not load/);
    assert.equal(lines.length, 1);
  });
}

test('where one thread cannot be started any more, those that run go on', async (t) => {
  // Loads once: what is there is no thread's alone.
  const first = `glasscast-test-${process.pid}`;
  const once = moduleOf(`
    import { existsSync, writeFileSync, rmSync } from 'node:fs';
    import { tmpdir } from 'node:os';
    const mark = tmpdir() + '/${first}';
    if (existsSync(mark)) { throw new Error('only once'); }
    writeFileSync(mark, '');
    export { default } from ${JSON.stringify(STEERED_DETECTOR)};`);
  t.after(() => rm(`${tmpdir()}/${first}`, { force: true }));
  const { pool, look, lines, occupy } = openPool(t, { detector: once, maxThreads: 2 });
  const held = await occupy();
  const waiting = look(at(), 'ada');
  await until(() => lines.length === 1);
  assert.deepEqual([pool.threads, pool.waiting], [1, 1]);
  const also = look(at(), 'bob');
  held.letGo();
  await Promise.all([waiting, also]);
  const fatal = look(new SteeredPicture('exit'), 'ada');
  await refused(fatal, 'server', /failed on this picture/);
  await refused(look(at()), 'server', /does not load/);
});

test('a detector that is busy for too long before it is ready is given up', async (t) => {
  const starting = new SteeredPicture();
  const { look, clock, lines, pool } = openPool(t, { detector: moduleOf('for (;;);') });
  const refusal = refused(look(starting), 'server', /does not load/);
  // sharp has been loaded, and a thread begun.
  await until(() => pool.threads === 1);
  clock.advance(30_000);
  await refusal;
  assert.match(String(lines[0]?.['problem']), /not ready after 30 s/);
});

test('who does not wait any more takes no place and no answer', async (t) => {
  const { pool, look, occupy } = openPool(t);
  const held = await occupy();
  const waiting = new AbortController();
  const unseen = new SteeredPicture();
  const left = look(unseen, 'ada', waiting.signal);
  waiting.abort();
  await refused(left, 'aborted');
  assert.equal(pool.waiting, 0);
  held.letGo();
  const running = new AbortController();
  const looked = new SteeredPicture();
  const gone = look(looked, 'bob', running.signal);
  await looked.begun();
  running.abort();
  await refused(gone, 'aborted');
  looked.letGo();
  await look(at(), 'bob');
  await refused(look(at(), 'eve', AbortSignal.abort()), 'aborted');
  assert.equal(unseen.isBegun, false);
});

test('threads that have nothing to do end after a minute, their detector is closed, and the next picture starts one anew', async (t) => {
  const { pool, look, clock, lines } = openPool(t);
  const picture = at();
  await look(picture);
  clock.advance(59_999);
  assert.equal(pool.threads, 1);
  clock.advance(1);
  assert.equal(pool.threads, 0);
  await look(at());
  assert.deepEqual([pool.threads, picture.isClosed, lines.length], [1, true, 0]);
});

test('with the pool everything ends: what waits is answered, threads are gone, and no picture is taken any more', async (t) => {
  const { pool, look, occupy } = openPool(t, { maxThreads: 2 });
  const idle = at();
  const other = await occupy();
  await look(idle);
  other.letGo();
  const held = new SteeredPicture();
  const running = look(held, 'ada');
  await held.begun();
  const waiting = look(at(), 'ada');
  const answers = [refused(running, 'server', /server ends/), refused(waiting, 'server', /server ends/)];
  await pool.close();
  await Promise.all(answers);
  assert.deepEqual([pool.threads, pool.waiting], [0, 0]);
  await refused(look(at()), 'server', /server ends/);
});

test('bytes that have a buffer of their own go over without a copy; a view leaves its buffer whole', async (t) => {
  const detector = moduleOf(
    'export default () => ({ detect: async ({ data }) => [{ box: { x: data[0], y: 0, width: 1, height: 1 }, score: 1 }] })',
  );
  const { pool } = openPool(t, { detector });
  const own = new Uint8Array(12).fill(3);
  assert.equal((await pool.detect({ width: 2, height: 2, data: own })).faces[0]?.box.x, 3);
  assert.equal(own.byteLength, 0);
  const whole = new Uint8Array(64).fill(5);
  assert.equal((await pool.detect({ width: 2, height: 2, data: whole.subarray(8, 20) })).faces[0]?.box.x, 5);
  assert.equal(whole.byteLength, 64);
});
