/** Pictures in, faces out: over `frames:<id>` and over HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Channel } from 'phoenix';
import * as v from 'valibot';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { ConfigError } from '../../server-reference/src/config/config-error.ts';
import { encodeClientPush, encodeTextFrame, FramesReplySchema, LIMITS } from '../../src/protocol/index.ts';
import { withoutPortrait } from '../support/face-model.ts';
import { HELD_DETECTOR, HeldDetector } from '../support/held-detector.ts';
import { readLog } from '../support/log-lines.ts';
import { blackPng, encode, noise, portrait, testCard } from '../support/pictures.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { assertServes, phoenixClient, RawSocket, settled } from '../support/wire.ts';

const SECRET = 'a secret of thirty-two bytes or more';
const SPOT = fileURLToPath(new URL('../../docs/examples/brightest-spot.js', import.meta.url));
const webp = { 'content-type': 'image/webp' };

/** Dark, with a lamp in its lower right quarter. */
function lamp(width = 240, height = 180): Promise<Buffer> {
  const picture = { width, height, data: new Uint8Array(width * height * 3).fill(20) };
  for (let y = height * 0.6; y < height * 0.8; y++)
    for (let x = width * 0.7; x < width * 0.9; x++) picture.data.fill(250, (y * width + x) * 3, (y * width + x) * 3 + 3);
  return encode(picture).webp().toBuffer();
}

const post = (server: TestServer, body: BodyInit, headers: Record<string, string> = {}, id = 'camera') =>
  fetch(`${server.url}/frames/${id}`, { method: 'POST', body, headers });

function form(picture: Uint8Array<ArrayBuffer>, field = 'file'): FormData {
  const data = new FormData();
  data.set('note', 'a field that nobody asked for');
  data.set(field, new Blob([picture], { type: 'image/webp' }), 'frame.webp');
  return data;
}

async function problem(response: Response): Promise<{ status: number; code: string; detail: string }> {
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return (await response.json()) as { status: number; code: string; detail: string };
}

/** The Phoenix client sends binary for an ArrayBuffer alone. */
const push = (channel: Channel, picture: Uint8Array): Promise<Record<string, unknown>> =>
  settled(channel.push('frame', new Uint8Array(picture).buffer, 10_000));

async function joined(server: TestServer, id = 'camera'): Promise<{ channel: Channel; end(): void }> {
  const socket = phoenixClient(server.socketUrl);
  const channel = socket.channel(`frames:${id}`, { v: 1 });
  await settled(channel.join());
  return { channel, end: () => socket.disconnect() };
}

test('the face in a portrait is found over a socket, over HTTP and in a form, the same each time', {
  skip: withoutPortrait(),
}, async () => {
  await using server = await startTestServer();
  const picture = new Uint8Array(await portrait(244).webp().toBuffer());
  const { channel, end } = await joined(server);
  const replies = [await push(channel, picture)];
  for (const [body, headers] of [[picture, webp], [form(picture)]] as const) {
    const response = await post(server, body, headers);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    replies.push((await response.json()) as Record<string, unknown>);
  }
  const [first, ...others] = replies.map((reply) => v.parse(FramesReplySchema, reply));
  assert.deepEqual([first?.width, first?.height, first?.faces.length], [244, 244, 1]);
  for (const { faces } of others) assert.deepEqual(faces, first?.faces);
  end();
});

test('a detector that is plugged in is asked instead: the example finds a lamp and nothing in the dark', async () => {
  await using server = await startTestServer({ detector: SPOT });
  const { faces } = v.parse(FramesReplySchema, await (await post(server, new Uint8Array(await lamp()), webp)).json());
  const [{ box, landmarks } = { box: undefined, landmarks: undefined }] = faces;
  assert.equal(faces.length, 1);
  for (const [share, expected] of [
    [box?.x, 0.7],
    [box?.y, 0.6],
    [box?.width, 0.2],
    [box?.height, 0.2],
  ] as const)
    assert.ok(Math.abs((share ?? 0) - expected) < 0.04, JSON.stringify(box));
  assert.equal(landmarks?.length, 1);
  const { faces: none } = v.parse(FramesReplySchema, await (await post(server, new Uint8Array(blackPng(64, 64)), webp)).json());
  assert.deepEqual(none, []);
});

test('over HTTP each refusal has its status, its code and words', async () => {
  await using server = await startTestServer({ detector: SPOT });
  const picture = new Uint8Array(await lamp());
  const large = new Uint8Array(600 * 1024);
  const gif = new Uint8Array(await encode(testCard(64, 48)).gif().toBuffer());
  const refusals: readonly (readonly [name: string, answer: () => Promise<Response>, status: number, code: string, words: RegExp])[] = [
    ['too large', () => post(server, large, webp), 413, 'too-large', /at most 524288 bytes/],
    ['too large, in a form', () => post(server, form(large)), 413, 'too-large', /at most 524288 bytes/],
    ['JSON', () => post(server, '{}', { 'content-type': 'application/json' }), 415, 'media-type', /image\/webp/],
    ['text', () => post(server, 'hello'), 415, 'media-type', /image\/webp/],
    ['GIF, by its name', () => post(server, picture, { 'content-type': 'image/gif' }), 415, 'media-type', /image\/webp/],
    ['SVG, by its name', () => post(server, '<svg/>', { 'content-type': 'image/svg+xml' }), 415, 'media-type', /image\/webp/],
    ['GIF, by what it is', () => post(server, gif, webp), 422, 'invalid', /no WebP, JPEG or PNG/],
    ['half of one', () => post(server, picture.subarray(0, picture.length / 2), webp), 422, 'invalid', /cannot be decoded/],
    ['a bomb', () => post(server, new Uint8Array(blackPng(8000, 8000)), webp), 422, 'invalid', /8000x8000 is too large/],
    ['an empty body', () => post(server, new Uint8Array(0), webp), 400, 'invalid', /body is a picture/],
    ['a form without a file', () => post(server, form(picture, 'picture')), 400, 'invalid', /field "file"/],
    ['a name that is none', () => post(server, picture, webp, 'A.B'), 400, 'invalid', /1 to 63/],
    [
      'a foreign page',
      () => post(server, picture, { ...webp, origin: 'https://foreign.example' }),
      403,
      'foreign-origin',
      /foreign\.example/,
    ],
  ];
  for (const [name, answer, status, code, words] of refusals) {
    const response = await answer().catch((cause: unknown) => assert.fail(new Error(name, { cause })));
    const told = await problem(response);
    assert.deepEqual([response.status, told.code], [status, code], name);
    assert.match(told.detail, words, name);
  }
  await assertServes(server);
});

test('over a socket each refusal has its reason, and the channel goes on', async () => {
  await using server = await startTestServer({ detector: SPOT });
  const { channel, end } = await joined(server);
  const refused = async (sent: Promise<unknown>, reason: string, words: RegExp): Promise<void> => {
    await assert.rejects(sent, (error: Error & { response?: { reason: string } }) => {
      assert.equal(error.response?.reason, reason);
      assert.match(error.message, words);
      return true;
    });
  };
  await refused(push(channel, new Uint8Array(LIMITS.pictureBytes + 1)), 'invalid', /at most 524288 bytes/);
  await refused(push(channel, Buffer.from('hello')), 'invalid', /no WebP, JPEG or PNG/);
  await refused(push(channel, new Uint8Array(0)), 'invalid', /no WebP, JPEG or PNG/);
  await refused(settled(channel.push('frame', { data: 'aGVsbG8=' })), 'invalid', /binary/);
  await refused(settled(channel.push('face', {})), 'invalid', /frame/);
  assert.equal(v.parse(FramesReplySchema, await push(channel, await lamp())).faces.length, 1);
  end();
});

test('the newest picture of a socket wins: what it overtakes is answered as skipped, at once', async () => {
  using held = new HeldDetector();
  await using server = await startTestServer({ detector: HELD_DETECTOR, detectorThreads: 1 });
  const { channel, end } = await joined(server);
  const picture = blackPng(8, 8);
  const first = push(channel, picture);
  await held.begun(1);
  const overtaken = push(channel, picture);
  const newest = push(channel, picture);
  await assert.rejects(overtaken, /"skipped"/);
  held.answer();
  await first;
  await held.begun(2);
  held.answer();
  assert.deepEqual((await newest)['faces'], []);
  end();
});

test('over HTTP the same holds for each sender, and beyond the limit nobody may wait', async () => {
  using held = new HeldDetector();
  await using server = await startTestServer({ detector: HELD_DETECTOR, detectorThreads: 1, maxDetections: 1 });
  const picture = new Uint8Array(blackPng(8, 8));
  const first = post(server, picture, webp);
  await held.begun(1);
  const overtaken = post(server, picture, webp);
  const newest = Promise.race([overtaken.then(() => null), post(server, picture, webp)]);
  const told = await problem(await Promise.any([overtaken]));
  assert.deepEqual([told.status, told.code], [409, 'skipped']);
  const other = await post(server, picture, webp, 'other');
  assert.deepEqual([other.status, other.headers.get('retry-after')], [503, '1']);
  assert.equal((await problem(other)).code, 'limit');
  held.answer();
  assert.equal((await first).status, 200);
  await held.begun(2);
  held.answer();
  await newest;
});

test('who has left takes no turn', async () => {
  using held = new HeldDetector();
  await using server = await startTestServer({ detector: HELD_DETECTOR, detectorThreads: 1, maxDetections: 1 });
  const picture = blackPng(8, 8);
  const first = await joined(server, 'first');
  const begun = push(first.channel, picture);
  await held.begun(1);
  const second = await joined(server, 'second');
  // Nobody waits for this answer, nor does the client.
  second.channel.push('frame', new Uint8Array(picture).buffer, 1);
  await settled(second.channel.leave());
  const third = await joined(server, 'third');
  const waiting = push(third.channel, picture);
  held.answer();
  await begun;
  await held.begun(2);
  held.answer();
  await waiting;
  for (const { end } of [first, second, third]) end();
});

test('to send pictures has to be granted, for the room or the stream of that name', async () => {
  await using server = await startTestServer({ secret: SECRET, public: ['watch'], detector: SPOT });
  const picture = new Uint8Array(await lamp());
  const token = (scope: { room: string } | { stream: string }, can: 'frames' | 'watch') =>
    signToken(SECRET, { sub: 'ada', ttl: 60, grants: [{ ...scope, can: [can] }] });
  const bearer = async (...of: Parameters<typeof token>) => ({ ...webp, authorization: `Bearer ${await token(...of)}` });
  assert.equal((await post(server, picture, webp)).status, 401);
  assert.equal((await post(server, picture, { ...webp, authorization: 'Bearer nonsense' })).status, 401);
  assert.equal((await post(server, picture, await bearer({ stream: 'camera' }, 'watch'))).status, 403);
  assert.equal((await post(server, picture, await bearer({ stream: 'other' }, 'frames'))).status, 403);
  for (const scope of [{ stream: 'camera' }, { room: 'camera' }, { stream: '*' }, { room: '*' }])
    assert.equal((await post(server, picture, await bearer(scope, 'frames'))).status, 200, JSON.stringify(scope));

  const stranger = await RawSocket.open(server.socketUrl);
  assert.equal((await stranger.join('frames:camera')).response['reason'], 'unauthorized');
  const sender = await RawSocket.open(server.socketUrl, `vsn=2.0.0&token=${await token({ stream: 'camera' }, 'frames')}`);
  assert.equal((await sender.join('frames:camera')).status, 'ok');
  // A renewed token that does not grant it ends the channel.
  sender.send(['1', '2', 'frames:camera', 'token', { token: await token({ stream: 'camera' }, 'watch') }]);
  await sender.event('phx_close');
  await Promise.all([stranger.close(), sender.close()]);
});

test('a server that looks at no pictures says so, in hello too', async () => {
  await using server = await startTestServer({ detector: 'none' });
  const hello = async (of: TestServer) =>
    ((await (await fetch(`${of.url}/api/hello`)).json()) as { features: Record<string, boolean> }).features;
  assert.equal((await hello(server))['frames'], false);
  const response = await post(server, new Uint8Array(blackPng(8, 8)), webp);
  assert.deepEqual([response.status, (await problem(response)).detail], [404, 'This server looks at no pictures.']);
  const socket = await RawSocket.open(server.socketUrl);
  assert.equal((await socket.join('frames:camera')).response['reason'], 'unsupported');
  await socket.close();
  await using other = await startTestServer();
  assert.equal((await hello(other))['frames'], true);
});

test('a long poll carries pictures too: they come in base64, and answers are text', async () => {
  await using server = await startTestServer({ detector: SPOT });
  const url = `${server.url}/socket/longpoll?vsn=2.0.0`;
  const { token } = (await (await fetch(url)).json()) as { token: string };
  const join = encodeTextFrame({ joinRef: '1', ref: '1', topic: 'frames:camera', event: 'phx_join', payload: { v: 1 } });
  const frame = Buffer.from(encodeClientPush('1', '2', 'frames:camera', 'frame', await lamp())).toString('base64');
  await fetch(`${url}&token=${token}`, { method: 'POST', body: `${join}\n${frame}`, headers: { 'content-type': 'application/x-ndjson' } });
  const replies = new Map<string, { status: string; response: unknown }>();
  while (!replies.has('2')) {
    const { messages = [] } = (await (await fetch(`${url}&token=${token}`)).json()) as { messages?: string[] };
    for (const message of messages) {
      const [, ref, , , payload] = JSON.parse(message) as [string, string, string, string, { status: string; response: unknown }];
      replies.set(ref, payload);
    }
  }
  assert.equal(v.parse(FramesReplySchema, replies.get('2')?.response).faces.length, 1);
});

test('a file that is no detector costs pictures, not the server; one that is not there costs the start', async () => {
  const { log, lines } = readLog('error');
  await using server = await startTestServer(
    { detector: fileURLToPath(import.meta.url).replace('frames.test.ts', '../support/eyes.ts') },
    { log },
  );
  const response = await post(server, new Uint8Array(blackPng(8, 8)), webp);
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
  assert.deepEqual((await problem(response)).code, 'server');
  assert.match(String(lines[0]?.['problem']), /default export/);
  await assertServes(server);
  await assert.rejects(startTestServer({ detector: '/nowhere/detector.js' }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /--detector .*no such file/);
    return true;
  });
});

test('noise of the largest size that is taken is answered', async () => {
  await using server = await startTestServer({ detector: SPOT });
  const picture = await encode(noise(2000, 1500, 1))
    .jpeg({ quality: 1 })
    .toBuffer();
  assert.ok(picture.length < LIMITS.pictureBytes);
  const reply = v.parse(FramesReplySchema, await (await post(server, new Uint8Array(picture), { 'content-type': 'image/jpeg' })).json());
  assert.deepEqual([reply.width, reply.height], [2000, 1500]);
});
