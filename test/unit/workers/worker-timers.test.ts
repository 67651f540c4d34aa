import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TimerRequest, type TimerWorker, WorkerTimers } from '../../../src/workers/worker-timers.ts';
import { FakeTime } from '../../support/fake-time.ts';

/** Keeps requests, and answers when told. */
class RecordingWorker implements TimerWorker {
  readonly requests: TimerRequest[] = [];
  terminated = false;
  #message: ((event: MessageEvent<number>) => void) | undefined;
  #error: (() => void) | undefined;

  postMessage(request: TimerRequest): void {
    this.requests.push(request);
  }

  addEventListener(type: 'message' | 'error', listener: ((event: MessageEvent<number>) => void) & (() => void)): void {
    if (type === 'message') this.#message = listener;
    else this.#error = listener;
  }

  terminate(): void {
    this.terminated = true;
  }

  due(id: number): void {
    this.#message?.({ data: id } as MessageEvent<number>);
  }

  fail(): void {
    this.#error?.();
  }
}

function setUp() {
  const worker = new RecordingWorker();
  const time = new FakeTime(0);
  const timers = new WorkerTimers({ start: async () => worker, fallback: time, now: time.now });
  const calls: string[] = [];
  return { worker, time, timers, calls };
}

async function inWorker() {
  const setup = setUp();
  assert.equal(await setup.timers.useWorker(), true);
  return setup;
}

describe('timers in a worker', () => {
  test('call back when the worker says so', async () => {
    const { worker, timers, calls } = await inWorker();
    const id = timers.setTimeout(() => calls.push('once'), 50);
    assert.deepEqual(worker.requests, [{ set: id, delay: 50, repeat: false }]);
    worker.due(id);
    worker.due(id);
    assert.deepEqual(calls, ['once']);
  });

  test('repeat until cleared', async () => {
    const { worker, timers, calls } = await inWorker();
    const id = timers.setInterval(() => calls.push('again'), 50);
    worker.due(id);
    worker.due(id);
    timers.clearInterval(id);
    worker.due(id);
    assert.deepEqual(calls, ['again', 'again']);
    assert.deepEqual(worker.requests.at(-1), { clear: id });
  });

  test('need no worker while the page is seen', async () => {
    const { worker, time, timers, calls } = setUp();
    timers.setTimeout(() => calls.push('once'), 50);
    await time.advance(50);
    assert.deepEqual(calls, ['once']);
    assert.deepEqual(worker.requests, []);
  });

  test('go on in the worker, with the time that is left, when the page is hidden', async () => {
    const { worker, time, timers, calls } = setUp();
    const once = timers.setTimeout(() => calls.push('once'), 100);
    const again = timers.setInterval(() => calls.push('again'), 200);
    await time.advance(60);
    await timers.useWorker();
    assert.deepEqual(worker.requests, [
      { set: once, delay: 40, repeat: false },
      { set: again, delay: 200, repeat: true },
    ]);
    assert.equal(time.waiting, 0);
    worker.due(once);
    assert.deepEqual(calls, ['once']);
  });

  test('go on in the page, with the time that is left, when the worker dies', async () => {
    const { worker, time, timers, calls } = await inWorker();
    timers.setTimeout(() => calls.push('late'), 100);
    await time.advance(60);
    worker.fail();
    await time.advance(39);
    assert.deepEqual(calls, []);
    await time.advance(1);
    assert.deepEqual(calls, ['late']);
    assert.equal(worker.terminated, true);
  });

  test('run in the page where there can be no worker', async () => {
    const time = new FakeTime(0);
    const timers = new WorkerTimers({
      start: async () => {
        throw new Error('forbidden by the page');
      },
      fallback: time,
      now: time.now,
    });
    assert.equal(await timers.useWorker(), false);
    const calls: number[] = [];
    const id = timers.setInterval(() => calls.push(time.now()), 10);
    await time.advance(25);
    timers.clearInterval(id);
    await time.advance(25);
    assert.deepEqual(calls, [10, 20]);
    assert.equal(time.waiting, 0);
  });

  test('end with their worker', async () => {
    const { worker, timers, calls } = await inWorker();
    const id = timers.setTimeout(() => calls.push('never'), 50);
    timers.close();
    worker.due(id);
    assert.deepEqual(calls, []);
    assert.equal(worker.terminated, true);
  });
});
