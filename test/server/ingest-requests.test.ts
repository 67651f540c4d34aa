/** Media from whatever can send a request: curl, ffmpeg, a form. Nothing is opened first. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { findFfmpeg } from '../../tools/find-program.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
const MATROSKA_FILE = fileURLToPath(new URL('../fixtures/chromium-avc1-opus.mkv', import.meta.url));
const MP4_FILE = fileURLToPath(new URL('../fixtures/ffmpeg-avc1-opus.mp4', import.meta.url));
const MATROSKA = new Uint8Array(readFileSync(MATROSKA_FILE));
const MP4 = new Uint8Array(readFileSync(MP4_FILE));

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(url: string, bytes: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface Status {
  readonly state: string;
  readonly session: string | null;
  readonly title: string | null;
}

async function statusOf(server: TestServer, stream = 'demo'): Promise<Status> {
  return (await (await fetch(`${server.url}/api/streams/${stream}`)).json()) as Status;
}

/** Seconds of media, without gaps, that a rendition's playlist lists. */
async function secondsOf(server: TestServer, rendition: string): Promise<number> {
  const { session } = await statusOf(server);
  const response = await fetch(`${server.url}/live/demo/${session}/${rendition}/media.m3u8`);
  if (response.status !== 200) return 0;
  const { segments } = parseMediaPlaylist(await response.text());
  return segments
    .filter(({ gap }) => !gap)
    .reduce((sum, { duration, parts }) => sum + (duration ?? parts.reduce((all, part) => all + part.duration, 0)), 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}

test('ffmpeg pushes Matroska with B-frames and AAC into one request, and its end ends the broadcast', { timeout: 60_000 }, async () => {
  await using server = await startTestServer();
  await run(findFfmpeg(), [
    ...[
      '-v',
      'error',
      '-re',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=320x180:rate=30:duration=4',
      '-f',
      'lavfi',
      '-i',
      'sine=sample_rate=48000:duration=4',
    ],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '30', '-c:a', 'aac', '-f', 'matroska', '-method', 'POST'],
    `${server.url}/ingest/demo?container=matroska&title=Pushed`,
  ]);
  await until(async () => (await statusOf(server)).state === 'ended');
  assert.equal((await statusOf(server)).title, 'Pushed');
  const [video, sound] = [await secondsOf(server, 'v0'), await secondsOf(server, 'a0')];
  assert.ok(video > 3.5 && sound > 3.5, `${video} s of pictures and ${sound} s of sound`);
});

test('curl sends fragmented MP4 from a pipe, as one request without a length', { timeout: 60_000 }, async () => {
  await using server = await startTestServer();
  const url = `${server.url}/ingest/demo`;
  const curl = spawn('curl', ['-sS', '-T', '-', '-H', 'Transfer-Encoding: chunked', url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answer: Buffer[] = [];
  curl.stdout.on('data', (bytes: Buffer) => answer.push(bytes));
  curl.stdin.end(MP4);
  const [code] = await once(curl, 'close');
  assert.equal(code, 0);
  const { received, session } = JSON.parse(Buffer.concat(answer).toString()) as Record<string, unknown>;
  assert.equal(received, MP4.byteLength);
  assert.equal((await statusOf(server)).session, session);
  assert.equal((await statusOf(server)).state, 'ended');
  const [video, sound] = [await secondsOf(server, 'v0'), await secondsOf(server, 'a0')];
  assert.ok(video > 2.5 && sound > 2.5, `${video} s of pictures and ${sound} s of sound`);
});

test('curl sends a form with the recording as its file', { timeout: 30_000 }, async () => {
  await using server = await startTestServer();
  const { stdout } = await run('curl', ['-sS', '-F', 'title=A form', '-F', `file=@${MATROSKA_FILE}`, `${server.url}/ingest/demo`]);
  const answer = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(answer['received'], MATROSKA.byteLength);
  assert.ok(Number(answer['credit']) > MATROSKA.byteLength);
  assert.equal((await statusOf(server)).title, 'A form');
});

test('numbered chunks are put into order, and one that comes again changes nothing', async () => {
  await using server = await startTestServer();
  const url = `${server.url}/ingest/demo?epoch=0&seq=`;
  const pieces = [MATROSKA.slice(0, 20_000), MATROSKA.slice(20_000, 40_000), MATROSKA.slice(40_000)];
  const [first, second, third] = pieces;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.equal((await post(`${url}0`, first)).status, 201);
  const late = post(`${url}2`, third);
  const between = await post(`${url}1`, second);
  assert.equal(between.status, 200);
  assert.equal((await late).body['received'], MATROSKA.byteLength);
  const again = await post(`${url}1`, second);
  assert.equal(again.body['received'], between.body['received']);
  assert.equal((await late).status, 200);
});

test('a greater epoch counts from 0 again, and what belongs to the one before is passed over', async () => {
  await using server = await startTestServer();
  const url = `${server.url}/ingest/demo`;
  assert.equal((await post(`${url}?epoch=1&seq=0`, MATROSKA)).body['epoch'], 1);
  assert.equal((await post(`${url}?epoch=2&seq=0`, MATROSKA)).body['epoch'], 2);
  assert.equal((await post(`${url}?epoch=1&seq=1`, MATROSKA)).body['code'], 'invalid');
});

test('a sender whose connection breaks goes on in the same session without saying who it was', { timeout: 30_000 }, async () => {
  await using server = await startTestServer();
  const url = `${server.url}/ingest/demo?container=matroska`;
  const curl = spawn('curl', ['-s', '-T', '-', url], { stdio: ['pipe', 'ignore', 'ignore'] });
  curl.stdin.write(MATROSKA);
  await until(async () => (await statusOf(server)).state === 'live');
  const { session } = await statusOf(server);
  curl.kill('SIGKILL');
  await until(async () => (await statusOf(server)).state === 'away');
  assert.equal((await post(url, MATROSKA)).body['session'], session);
});

test('parts, segments and a window are as the request asks', async () => {
  await using server = await startTestServer({ window: 20_000 });
  const terms = 'part_duration=100&segment_duration=1000&window=8';
  const { status, body } = await post(`${server.url}/ingest/demo?container=matroska&${terms}`, MATROSKA);
  assert.equal(status, 201, JSON.stringify(body));
  await until(async () => (await statusOf(server)).state === 'live');
  const playlist = await fetch(`${server.url}/live/demo/${String(body['session'])}/v0/media.m3u8`);
  const { partTarget, targetDuration } = parseMediaPlaylist(await playlist.text());
  assert.ok(partTarget !== null && partTarget > 0.08 && partTarget < 0.15, `${partTarget} s`);
  assert.equal(targetDuration, 1);
  const manifest = await (await fetch(`${server.url}/live/demo/manifest.mpd`)).text();
  assert.match(manifest, /timeShiftBufferDepth="PT8S"/);
});

test('what cannot be read is refused with a code and in words', async () => {
  await using server = await startTestServer();
  const url = `${server.url}/ingest/demo`;
  const nonsense = new Uint8Array(Buffer.from('this is no media at all'));
  for (const [query, code, words] of [
    ['', 'invalid', /container=/],
    ['?container=fmp4', 'invalid', /no MP4/],
    ['?container=frames', 'invalid', /JSON/],
    ['?container=avi', 'invalid', /container/],
    ['?container=matroska&seq=x', 'invalid', /seq/],
    ['?container=matroska&part_duration=5', 'invalid', /./],
    ['?container=matroska&window=3', 'invalid', /three segments/],
    ['?container=matroska&window=31', 'invalid', /longer than the 30 s/],
    ['?container=matroska', 'invalid', /neither Matroska nor WebM/],
  ] as const) {
    const { status, body } = await post(`${url}${query}`, nonsense);
    assert.deepEqual([status, body['code']], [400, code], `${query}: ${JSON.stringify(body)}`);
    assert.match(`${String(body['detail'])} ${JSON.stringify(body['details'])}`, words);
  }
  const big = await post(`${url}?container=matroska`, new Uint8Array(2 * 1024 * 1024 + 1));
  assert.deepEqual([big.status, big.body['code']], [413, 'too-large']);
});

test('a request needs a token that may publish, in its query as well', async () => {
  const secret = 's'.repeat(48);
  await using server = await startTestServer({ secret, public: ['watch'] });
  const url = `${server.url}/ingest/demo?container=matroska`;
  assert.equal((await post(url, MATROSKA)).status, 401);
  const token = await signToken(secret, { sub: 'ada', grants: [{ stream: 'demo', can: ['publish'] }], ttl: 60 });
  assert.equal((await post(`${url}&token=${token}`, MATROSKA)).status, 201);
  const other = await signToken(secret, { sub: 'bob', grants: [{ stream: 'demo', can: ['publish'] }], ttl: 60 });
  assert.deepEqual((await post(`${url}&token=${other}`, MATROSKA)).body['code'], 'stream-taken');
});

test('two senders that call themselves differently do not mix', async () => {
  await using server = await startTestServer();
  const url = `${server.url}/ingest/demo?container=matroska&session=`;
  assert.equal((await post(`${url}one`, MATROSKA.slice(0, 20_000))).status, 201);
  assert.equal((await post(`${url}two`, MATROSKA)).body['code'], 'stream-taken');
  assert.equal((await post(`${url}one`, MATROSKA.slice(20_000))).body['received'], MATROSKA.byteLength);
});

test('one long request ends with its token', { timeout: 15_000 }, async () => {
  const secret = 's'.repeat(48);
  const clock = new FakeClock(Date.now());
  await using server = await startTestServer({ secret, public: ['watch'] }, { clock });
  const token = await signToken(secret, { sub: 'ada', grants: [{ stream: 'demo', can: ['publish'] }], ttl: 25 });
  const socket = connect(server.port, '127.0.0.1');
  const send = (bytes: Uint8Array): void => {
    socket.write(`${bytes.byteLength.toString(16)}\r\n`);
    socket.write(bytes);
    socket.write('\r\n');
  };
  const head = ['POST /ingest/demo?container=matroska HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`];
  socket.write(`${[...head, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`);
  send(MATROSKA.slice(0, -100));
  let passed = 0;
  await until(async () => {
    // What comes too soon waits for its time to come.
    if (passed < 10_000) clock.advance(100);
    passed += 100;
    return (await statusOf(server)).state === 'live';
  });
  clock.advance(26_000 - Math.min(passed, 10_000));
  send(MATROSKA.slice(-100));
  let answer = '';
  for await (const bytes of socket as AsyncIterable<Buffer>) answer += bytes.toString();
  assert.match(answer, /^HTTP\/1\.1 401 /);
  assert.match(answer, /token-expired/);
});

test('a long request that is refused is not listened to any further', { timeout: 15_000 }, async () => {
  await using server = await startTestServer({ secret: 's'.repeat(48), public: ['watch'] });
  const socket = connect(server.port, '127.0.0.1');
  // What is sent behind the end of the connection may be answered with its end.
  socket.on('error', () => undefined);
  socket.write('POST /ingest/demo?container=matroska HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\x1a\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 401 /);
  await once(socket, 'close');
});
