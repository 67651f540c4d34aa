import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpUplink } from '../../../src/capture/http-uplink.ts';
import { mediaRetryDelay } from '../../../src/capture/media-retry.ts';
import { FakeTime } from '../../support/fake-time.ts';

const START = 1_700_000_000_000;
const OPENED = {
  session: 's1',
  epoch: 1,
  credit: 4_000_000,
  publish_key: 'key',
  playback: {},
  ingest: '/ingest/demo/i1',
};

/** A server behind a path that may be dead: then nothing is answered, and what is called off fails. */
function rig() {
  const time = new FakeTime(START);
  const told: string[] = [];
  const asked: { readonly at: number; readonly path: string }[] = [];
  const path = { dead: false, slowChunks: false };
  const answer = (status: number, body: object): Response => new Response(JSON.stringify(body), { status });
  const fetch = (input: URL | RequestInfo, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(String(input));
    asked.push({ at: time.now(), path: pathname });
    const isChunk = init.body instanceof ArrayBuffer;
    if (path.dead || (isChunk && path.slowChunks)) {
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new DOMException('called off', 'AbortError')));
      });
    }
    if (pathname === '/ingest/demo') return Promise.resolve(answer(201, OPENED));
    return Promise.resolve(answer(200, { credit: 4_000_000, received: 1, server_ms: time.now(), requests: [] }));
  };
  const uplink = new HttpUplink(
    { server: 'http://127.0.0.1:1', socketPath: '/socket', token: null, hasTokenProvider: false, stream: 'demo', publishKey: null },
    {
      joined: () => told.push('joined'),
      dropped: () => told.push(`dropped at ${time.now() - START}`),
      ended: () => told.push('ended'),
      keyFrameWanted: () => undefined,
      bitrateLimited: () => undefined,
      recording: ({ state }) => told.push(state),
      trouble: () => undefined,
    },
    { timers: time, tokenProvider: null, fetch: fetch as typeof globalThis.fetch, random: () => 0.5 },
  );
  uplink.open(() => []);
  return { time, told, asked, path, uplink };
}

test('a dead path is found out by a question within 1.5 s', async () => {
  const { time, told, path, uplink } = rig();
  await time.advance(1);
  path.dead = true;
  const push = uplink.pushChunk(new ArrayBuffer(10));
  push.catch(() => undefined);
  uplink.probe();
  await time.advance(1_600);
  assert.deepEqual(told, ['joined', 'dropped at 1501']);
  await assert.rejects(push, { code: 'network' });
  uplink.close();
});

test('a path that is slow with media and answers what is small is left alone', async () => {
  const { time, told, path, uplink } = rig();
  await time.advance(1);
  path.slowChunks = true;
  uplink.pushChunk(new ArrayBuffer(10)).catch(() => undefined);
  uplink.probe();
  await time.advance(4_000);
  assert.deepEqual(told, ['joined']);
  uplink.close();
});

test('a path that comes back is found within the patience for one opening and a second', async () => {
  const { time, told, asked, path, uplink } = rig();
  await time.advance(1);
  path.dead = true;
  uplink.probe();
  await time.advance(20_000);
  const back = time.now();
  path.dead = false;
  await time.advance(4_100);
  assert.deepEqual(told.slice(-1), ['joined']);
  const reopened = asked.filter(({ path: asksFor }) => asksFor === '/ingest/demo').at(-1);
  assert.ok(reopened !== undefined && reopened.at - back <= 4_000, `${(reopened?.at ?? 0) - back} ms`);
  uplink.close();
});

test('media is sought once a second for a minute, not in step with others, and then seldom', () => {
  const delays = (random: number): number[] => Array.from({ length: 80 }, (_, attempt) => mediaRetryDelay(attempt, () => random));
  const [even, early] = [delays(0.5), delays(0)];
  const reaches = even.findIndex((delay) => delay > 1_000);
  const minute = even.slice(0, reaches).reduce((sum, delay) => sum + delay, 0);
  assert.ok(minute > 59_000 && minute < 65_000, `${minute} ms`);
  assert.equal(even.at(-1), 5_000);
  assert.equal(early[20], 750);
});
