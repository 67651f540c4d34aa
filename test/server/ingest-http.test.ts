/** `POST /ingest/:stream`: a broadcaster without a socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { encodeChunk, IngestAnswerSchema, type IngestReply, IngestReplySchema, LIMITS } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { audioTrack, MICROSECONDS, opusPacket, videoFrame, videoTrack } from '../support/simulated-broadcast.ts';
import { Watcher } from '../support/watcher.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const JOIN = { v: 1, container: 'frames', tracks: [videoTrack(), audioTrack()] };

async function post(url: string, body: Uint8Array | Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> {
  const binary = body instanceof Uint8Array;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': binary ? 'application/octet-stream' : 'application/json', ...headers },
    body: binary ? new Uint8Array(body) : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** One who has opened a broadcast. */
class HttpPublisher {
  readonly url: string;
  readonly reply: IngestReply;
  #seq = 0;

  private constructor(url: string, reply: IngestReply) {
    this.url = url;
    this.reply = reply;
  }

  static async open(server: TestServer, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<HttpPublisher> {
    const { status, body } = await post(`${server.url}/ingest/demo`, { ...JOIN, ...more }, headers);
    assert.equal(status, 201, JSON.stringify(body));
    const reply = v.parse(IngestReplySchema, body);
    return new HttpPublisher(new URL(reply.ingest, server.url).href, reply);
  }

  next(body: Uint8Array | Record<string, unknown>): Promise<Answer> {
    return this.send(this.#seq++, body);
  }

  send(seq: number, body: Uint8Array | Record<string, unknown>): Promise<Answer> {
    return post(`${this.url}?seq=${seq}`, body);
  }

  say(event: string, payload: Record<string, unknown> = {}): Promise<Answer> {
    return post(this.url, { event, payload });
  }
}

function media(from: number, seconds: number): Uint8Array {
  const records = Array.from({ length: Math.round(seconds * 30) }, (_, index) => {
    const time = from + index / 30;
    const at = { key: false, duration: 0, dts: Math.round(time * MICROSECONDS), cts: 0 };
    const key = Math.abs(time - Math.round(time)) < 0.001;
    return [
      { ...at, track: 0, key, data: videoFrame(key) },
      { ...at, track: 1, data: opusPacket() },
    ];
  });
  return new Uint8Array(encodeChunk(records.flat()));
}

async function clocks(publisher: HttpPublisher, wall: number): Promise<void> {
  for (const track of [0, 1]) {
    const { status } = await publisher.say('clock', { track, dts: 0, wall_ms: wall, offset_ms: 0 });
    assert.equal(status, 200);
  }
}

const stateOf = async (server: TestServer): Promise<unknown> =>
  ((await (await fetch(`${server.url}/api/streams/demo`)).json()) as { state: string }).state;

test('what is posted is live, answered with credit, and ends with DELETE', async () => {
  await using server = await startTestServer();
  const publisher = await HttpPublisher.open(server, { title: 'Posted' });
  await clocks(publisher, Date.now() - 2000);
  const chunk = media(0, 1);
  const { status, body } = await publisher.next(chunk);
  assert.equal(status, 200);
  assert.equal(body['received'], chunk.byteLength);
  assert.ok(Number(body['credit']) > chunk.byteLength);
  v.parse(IngestAnswerSchema, body);
  await publisher.next(media(1, 1));
  assert.equal(await stateOf(server), 'live');
  const playlist = await fetch(`${server.url}/live/demo/${publisher.reply.session}/v0/media.m3u8`);
  assert.match(await playlist.text(), /#EXT-X-PART:/);
  const ended = await fetch(publisher.url, { method: 'DELETE' });
  assert.equal(ended.status, 204);
  assert.equal(await stateOf(server), 'ended');
  const after = await publisher.next(media(2, 1));
  assert.deepEqual([after.status, after.body['code']], [410, 'ingest-gone']);
});

test('requests that overtake each other are done in the order of their numbers', async () => {
  await using server = await startTestServer();
  const publisher = await HttpPublisher.open(server);
  await clocks(publisher, Date.now() - 3000);
  const order = [2, 1, 0];
  const answers = await Promise.all(order.map((seq) => publisher.send(seq, media(seq, 1))));
  // Timestamps that went backwards would have been refused.
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  const received = answers.map(({ body }) => Number(body['received']));
  assert.ok((received[2] ?? 0) < (received[1] ?? 0) && (received[1] ?? 0) < (received[0] ?? 0), String(received));
});

test('a request that is sent again changes nothing and is answered as before', async () => {
  await using server = await startTestServer();
  const publisher = await HttpPublisher.open(server);
  await clocks(publisher, Date.now() - 3000);
  const first = await publisher.send(0, media(0, 1));
  const again = await publisher.send(0, media(0, 1));
  assert.deepEqual([again.status, again.body['received']], [200, first.body['received']]);
  const tracks = { event: 'tracks', payload: { tracks: JOIN.tracks } };
  const opened = await publisher.send(1, tracks);
  const repeated = await publisher.send(1, tracks);
  assert.equal(opened.body['epoch'], 2);
  assert.equal(repeated.body['epoch'], 2);
});

test('what has been missing for 3 s is passed over, and a key frame is asked for', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const publisher = await HttpPublisher.open(server);
  await clocks(publisher, clock.now() - 3000);
  assert.equal((await publisher.send(0, media(0, 1))).status, 200);
  let done = false;
  const waiting = publisher.send(2, media(2, 1)).finally(() => {
    done = true;
  });
  while (!done) {
    await publisher.say('time');
    clock.advance(3000);
  }
  const { status, body } = await waiting;
  assert.equal(status, 200);
  assert.deepEqual((body['requests'] as { event: string }[]).at(-1)?.event, 'keyframe');
  const late = await publisher.send(1, media(1, 1));
  assert.deepEqual([late.status, late.body['code']], [400, 'invalid']);
});

test('a refused chunk says why, and how much was received', async () => {
  await using server = await startTestServer();
  const publisher = await HttpPublisher.open(server);
  const { status, body } = await publisher.next(Uint8Array.of(9, 9, 9));
  assert.deepEqual([status, body['code']], [400, 'invalid']);
  const details = body['details'] as Record<string, unknown>;
  assert.equal(details['received'], 3);
  assert.ok(Number(details['credit']) > 3);
  assert.match(String(details['details']), /header/);
});

test('5 s without a request are a drop, and the publish key goes on in the same session', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const watcher = await Watcher.join(server, 'demo');
  const publisher = await HttpPublisher.open(server);
  await clocks(publisher, clock.now() - 1000);
  await publisher.next(media(0, 1));
  await watcher.until('state', ({ state }) => state === 'live');
  // The answer's connection closes in its own time; only then does nobody ask any more.
  while ((await stateOf(server)) === 'live') clock.advance(1000);
  await watcher.until('state', ({ state }) => state === 'away');
  assert.equal((await publisher.next(media(1, 1))).status, 410);
  const again = await HttpPublisher.open(server, { publish_key: publisher.reply.publish_key });
  assert.equal(again.reply.session, publisher.reply.session);
  assert.equal(again.reply.epoch, 2);
  watcher.close();
});

test('a broadcaster on a socket takes over from one that posts, who is told', async () => {
  await using server = await startTestServer();
  const publisher = await HttpPublisher.open(server);
  await publisher.next(media(0, 1));
  const taken = await post(`${server.url}/ingest/demo`, JOIN);
  assert.deepEqual([taken.status, taken.body['code'], taken.body['details']], [409, 'stream-taken', { may_take_over: true }]);
  const second = await Publisher.connect({ server: server.url, stream: 'demo', tracks: JOIN.tracks, takeOver: true });
  assert.equal(second.joinReply.status, 'ok');
  const { status, body } = await publisher.next(media(1, 1));
  assert.deepEqual([status, body['code']], [409, 'stream-taken']);
  const { requests } = body['details'] as { requests: unknown[] };
  assert.deepEqual(requests.at(-1), { event: 'stopped', payload: { reason: 'taken-over' } });
  second.drop();
});

test('tokens, origins and sizes are checked as everywhere else', async () => {
  const secret = 's'.repeat(48);
  await using server = await startTestServer({ secret, public: ['watch'] });
  const url = `${server.url}/ingest/demo`;
  const bearer = async (sub: string, stream = 'demo') => ({
    authorization: `Bearer ${await signToken(secret, { sub, grants: [{ stream, can: ['publish'] }], ttl: 60 })}`,
  });
  assert.equal((await post(url, JOIN)).status, 401);
  assert.equal((await post(url, JOIN, await bearer('ada', 'other'))).status, 403);
  assert.equal((await post(url, JOIN, { ...(await bearer('ada')), origin: 'https://evil.example' })).body['code'], 'foreign-origin');
  const publisher = await HttpPublisher.open(server, {}, await bearer('ada'));
  assert.equal((await post(publisher.url, media(0, 1))).status, 401);
  assert.equal((await post(publisher.url, media(0, 1), await bearer('bob'))).status, 403);
  assert.equal((await post(publisher.url, media(0, 1), await bearer('ada'))).status, 200);
  const big = await post(publisher.url, new Uint8Array(LIMITS.binaryFrameBytes + 1), await bearer('ada'));
  assert.deepEqual([big.status, big.body['code']], [413, 'too-large']);
  const unread = await fetch(publisher.url, {
    method: 'POST',
    headers: { ...(await bearer('ada')), 'content-type': 'text/csv' },
    body: 'a',
  });
  assert.equal(unread.status, 415);
  assert.equal((await post(`${url}/no-such-id`, media(0, 1), await bearer('ada'))).status, 410);
  assert.equal((await post(`${publisher.url}?seq=-1`, media(0, 1), await bearer('ada'))).status, 400);
});

test('a page of another origin that may embed is let through by CORS', async () => {
  await using server = await startTestServer();
  const response = await fetch(`${server.url}/ingest/demo/x`, {
    method: 'OPTIONS',
    headers: {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  assert.equal(response.headers.get('access-control-allow-origin'), 'http://localhost:5173');
  assert.match(response.headers.get('access-control-allow-methods') ?? '', /DELETE/);
});
