/** `stream:*` and `live:*` together: takeover, return, end, states and viewers, permissions and limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { CHUNK_HEADER_BYTES, encodeChunk } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher, type PublisherOptions, type WireReply } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { audioTrack, MICROSECONDS, opusPacket, videoFrame, videoTrack } from '../support/simulated-broadcast.ts';
import { Watcher } from '../support/watcher.ts';

const connect = (server: TestServer, more: Partial<PublisherOptions> = {}): Promise<Publisher> =>
  Publisher.connect({ server: server.url, stream: 'demo', tracks: [videoTrack(), audioTrack()], ...more });

/** Under a clock that stands still all frames arrive at one instant; what counts is when they were captured. */
async function send(publisher: Publisher, from: number, wall: number, seconds = 1.2, tracks = [0, 1]): Promise<void> {
  const chunk = (track: number, time: number, data: Uint8Array) =>
    publisher.push(
      'chunk',
      new Uint8Array(encodeChunk([{ track, key: false, duration: 0, dts: Math.round(time * MICROSECONDS), cts: 0, data }])),
    );
  const replies: Promise<WireReply>[] = [];
  for (const track of tracks) replies.push(publisher.push('clock', { track, dts: from * MICROSECONDS, wall_ms: wall, offset_ms: 0 }));
  for (let index = 0; index < Math.round(seconds * 30); index++) {
    for (const track of tracks) replies.push(chunk(track, from + index / 30, track === 0 ? videoFrame(index % 60 === 0) : opusPacket()));
  }
  for (const { status, response } of await Promise.all(replies)) assert.equal(status, 'ok', JSON.stringify(response));
}

async function watched(server: TestServer, stream = 'demo'): Promise<{ state: string; session: string | null; title: string | null }> {
  return (await (await fetch(`${server.url}/api/streams/${stream}`)).json()) as Awaited<ReturnType<typeof watched>>;
}

test('whoever watches hears waiting, live, away, live and ended', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const watcher = await Watcher.join(server, 'demo');
  assert.equal(watcher.reply.response['state'], 'waiting');
  const first = await connect(server);
  await send(first, 10, clock.now());
  const live = await watcher.until('state', ({ state }) => state === 'live');
  assert.equal(live['session'], first.session.session);
  assert.deepEqual(live['playback'], { hls: '/live/demo/index.m3u8', dash: '/live/demo/manifest.mpd', ws: '/socket#media:demo' });
  first.drop();
  await watcher.until('state', ({ state }) => state === 'away');
  clock.advance(5000);
  const second = await connect(server, { publishKey: first.session.publish_key });
  assert.equal(second.session.session, first.session.session);
  assert.equal(second.session.epoch, 2);
  await send(second, 10, clock.now());
  const states = () => watcher.heard.filter(({ event }) => event === 'state').map(({ payload }) => payload['state']);
  await second.end();
  await watcher.until('state', ({ state }) => state === 'ended');
  assert.deepEqual(states(), ['live', 'away', 'live', 'ended']);
  watcher.close();
});

test('viewers are counted, and told at most once a second', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const first = await Watcher.join(server, 'demo');
  await first.until('viewers', ({ count }) => count === 1);
  const others = await Promise.all([1, 2, 3].map(() => Watcher.join(server, 'demo')));
  clock.advance(1000);
  await first.until('viewers', ({ count }) => count === 4);
  for (const other of others) other.close();
  const viewers = async (): Promise<unknown> =>
    ((await (await fetch(`${server.url}/api/streams/demo`)).json()) as { viewers: number }).viewers;
  // The ends of the sockets arrive in their own time; what they change is told once the second has passed.
  while ((await viewers()) !== 1) await Promise.resolve();
  const told = first.heard.length;
  clock.advance(1000);
  while (first.heard.length === told) await viewers();
  const counts = first.heard.filter(({ event }) => event === 'viewers').map(({ payload }) => payload['count']);
  assert.equal(counts[0], 1);
  assert.equal(counts.at(-1), 1);
  assert.ok(counts.length <= 4, `told ${counts.length} times`);
  first.close();
});

test('the publish key takes over a live stream, and the older connection is told to stop', async () => {
  await using server = await startTestServer();
  const first = await connect(server);
  await send(first, 10, Date.now() - 1200);
  const second = await connect(server, { publishKey: first.session.publish_key });
  assert.equal(second.joinReply.status, 'ok');
  assert.equal(second.session.session, first.session.session);
  await first.push('time', {});
  assert.deepEqual(
    first.pushes.filter(({ event }) => event !== 'keyframe'),
    [
      { event: 'stopped', payload: { reason: 'taken-over' } },
      { event: 'phx_close', payload: {} },
    ],
  );
  await send(second, 10, Date.now());
  const playlist = parseMediaPlaylist(await (await fetch(`${server.url}/live/demo/${second.session.session}/v0/media.m3u8`)).text());
  assert.ok(playlist.segments.some(({ discontinuity }) => discontinuity));
  first.drop();
  second.drop();
});

test('a dropped stream is kept for 30 s, then it ends with ENDLIST and anyone may broadcast', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const watcher = await Watcher.join(server, 'demo');
  const first = await connect(server);
  await send(first, 10, clock.now());
  first.drop();
  await watcher.until('state', ({ state }) => state === 'away');
  clock.advance(29_000);
  const tooEarly = await connect(server);
  assert.equal(tooEarly.joinReply.response['reason'], 'stream-taken');
  clock.advance(1_100);
  await watcher.until('state', ({ state }) => state === 'ended');
  const text = await (await fetch(`${server.url}/live/demo/${first.session.session}/v0/media.m3u8`)).text();
  assert.equal(parseMediaPlaylist(text).ended, true);
  const next = await connect(server);
  assert.equal(next.joinReply.status, 'ok');
  assert.notEqual(next.session.session, first.session.session);
  for (const it of [tooEarly, next]) it.drop();
  watcher.close();
});

test('tracks that the session cannot hold open a new one, which viewers hear of with its first frames', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const watcher = await Watcher.join(server, 'demo');
  const publisher = await connect(server);
  await send(publisher, 10, clock.now());
  const { session: before } = await watcher.until('state', ({ state }) => state === 'live');
  const aac = audioTrack({ codec: 'mp4a.40.2', description: Buffer.from([0x11, 0x90]).toString('base64') });
  const { status, response } = await publisher.push('tracks', { tracks: [videoTrack(), aac] });
  assert.deepEqual([status, response['epoch']], ['ok', 1]);
  assert.equal((await watched(server)).session, before, 'a session without a frame is nothing to watch');
  clock.advance(2000);
  await send(publisher, 20, clock.now(), 3);
  const { session: after } = await watcher.until('state', ({ session }) => session !== before && session !== undefined);
  assert.equal((await watched(server)).session, after);
  assert.equal(response['session'], after, 'its broadcaster hears of it at once');
  const text = async (path: string) => (await fetch(`${server.url}/live/demo/${path}`)).text();
  assert.equal(parseMediaPlaylist(await text(`${before}/v0/media.m3u8`)).ended, true);
  const index = await text('index.m3u8');
  assert.ok(index.includes(`${after}/v0/media.m3u8`) && index.includes('mp4a.40.2'), index);
  assert.deepEqual(
    watcher.heard.filter(({ event }) => event === 'state').map(({ payload }) => payload['state']),
    ['live', 'live'],
  );
  publisher.drop();
  watcher.close();
});

test('a broadcaster who comes after another does not speak under the title of the first', async () => {
  await using server = await startTestServer();
  const first = await connect(server, { title: 'Launch' });
  await send(first, 10, Date.now() - 1200);
  await first.end();
  const second = await connect(server);
  await send(second, 10, Date.now());
  assert.equal((await watched(server)).title, null);
  second.drop();
});

test("time tells the server's clock", async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({}, { clock });
  const publisher = await connect(server);
  assert.deepEqual((await publisher.push('time', {})).response, { server_ms: clock.now() });
  publisher.drop();
});

test('more broadcasters than --max-streams are refused with limit', async () => {
  await using server = await startTestServer({ maxStreams: 1 });
  const first = await connect(server);
  const second = await connect(server, { stream: 'another' });
  assert.equal(second.joinReply.response['reason'], 'limit');
  await send(first, 10, Date.now() - 1200);
  assert.equal((await watched(server)).state, 'live', 'who was there first goes on');
  await first.end();
  const third = await connect(server, { stream: 'another' });
  assert.equal(third.joinReply.status, 'ok', 'the place is free again');
  for (const it of [first, second, third]) it.drop();
});

test('more than --max-bitrate is refused with limit, and a lower bit rate and a key frame are asked for', async () => {
  await using server = await startTestServer({ maxBitrate: 1_000_000 });
  const publisher = await connect(server, { tracks: [videoTrack()] });
  const big = (time: number, key: boolean) =>
    publisher.push(
      'chunk',
      new Uint8Array(encodeChunk([{ track: 0, key, duration: 0, dts: time * MICROSECONDS, cts: 0, data: videoFrame(key, 200_000) }])),
    );
  const replies = [await big(1, true), await big(2, false), await big(3, false)];
  assert.equal(replies.at(-1)?.response['reason'], 'limit');
  assert.deepEqual(
    publisher.pushes.slice(-2).map(({ event }) => event),
    ['bitrate', 'keyframe'],
  );
  const refused = replies.at(-1)?.response ?? {};
  assert.equal(refused['received'], 3 * (200_000 + CHUNK_HEADER_BYTES), 'what was refused has been sent all the same');
  assert.ok(Number(refused['credit']) > Number(refused['received']));
  // At the rate that was asked for, from a key frame on, it goes on as if nothing had been.
  const other = await connect(server, { stream: 'another' });
  await send(other, 10, Date.now() - 1200);
  assert.equal((await watched(server, 'another')).state, 'live');
  await send(publisher, 10, Date.now() - 1200, 1.2, [0]);
  assert.equal((await watched(server)).state, 'live');
  for (const it of [publisher, other]) it.drop();
});

test('a token publishes what it grants and nothing else; its subject takes over after a drop', async () => {
  const secret = 's'.repeat(48);
  await using server = await startTestServer({ secret, public: ['watch'] });
  const grants = [{ stream: 'demo', can: ['publish' as const] }];
  const token = await signToken(secret, { sub: 'ada', grants, ttl: 60 });
  assert.equal((await connect(server)).joinReply.response['reason'], 'unauthorized');
  assert.equal((await connect(server, { token, stream: 'another' })).joinReply.response['reason'], 'unauthorized');
  const first = await connect(server, { token });
  assert.equal(first.joinReply.status, 'ok');
  const stranger = await connect(server, { token: await signToken(secret, { sub: 'bob', grants, ttl: 60 }) });
  assert.equal(stranger.joinReply.response['reason'], 'stream-taken');
  assert.equal(stranger.joinReply.response['may_take_over'], false);
  await send(first, 10, Date.now() - 1200);
  const watcher = await Watcher.join(server, 'demo');
  first.drop();
  await watcher.until('state', ({ state }) => state === 'away');
  const again = await connect(server, { token: await signToken(secret, { sub: 'ada', grants, ttl: 60 }) });
  assert.equal(again.joinReply.status, 'ok');
  assert.equal(again.session.session, first.session.session);
  for (const it of [stranger, again]) it.drop();
  watcher.close();
});

test('without the grant to watch neither the playlist nor live tells anything', async () => {
  const secret = 's'.repeat(48);
  await using server = await startTestServer({ secret, public: [] });
  assert.equal((await fetch(`${server.url}/live/demo/index.m3u8`)).status, 401);
  const token = await signToken(secret, { sub: 'ada', grants: [{ stream: 'other', can: ['watch'] }], ttl: 60 });
  assert.equal((await fetch(`${server.url}/live/demo/index.m3u8?token=${token}`)).status, 403);
  assert.equal((await fetch(`${server.url}/live/other/index.m3u8?token=${token}`)).status, 404);
  const watcher = await Watcher.join(server, 'demo', token);
  assert.equal(watcher.reply.response['reason'], 'unauthorized');
  watcher.close();
});

test('/api/streams tells state, session, codecs as measured, viewers and where to play', async () => {
  await using server = await startTestServer();
  const publisher = await connect(server);
  await send(publisher, 10, Date.now() - 1200);
  const { streams } = (await (await fetch(`${server.url}/api/streams`)).json()) as { streams: Record<string, unknown>[] };
  const { started_at, ...stream } = streams[0] ?? {};
  assert.equal(typeof started_at, 'number');
  assert.deepEqual(stream, {
    name: 'demo',
    state: 'live',
    session: publisher.session.session,
    title: null,
    description: null,
    viewers: 0,
    recording: null,
    tracks: [
      { id: 'v0', kind: 'video', codec: 'avc1.42c01e' },
      { id: 'a0', kind: 'audio', codec: 'opus' },
    ],
    playback: { hls: '/live/demo/index.m3u8', dash: '/live/demo/manifest.mpd', ws: '/socket#media:demo' },
  });
  assert.equal((await fetch(`${server.url}/api/streams/UPPER`)).status, 400);
  publisher.drop();
});
