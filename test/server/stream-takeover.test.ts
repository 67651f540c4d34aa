/** Two broadcasters with one name: who is told what, who may take over, and what viewers are told of the stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { encodeChunk } from '../../src/protocol/index.ts';
import { Publisher, type PublisherOptions } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { MICROSECONDS, videoFrame, videoTrack } from '../support/simulated-broadcast.ts';
import { Watcher } from '../support/watcher.ts';

const connect = (server: TestServer, more: Partial<PublisherOptions> = {}): Promise<Publisher> =>
  Publisher.connect({ server: server.url, stream: 'demo', tracks: [videoTrack()], ...more });

async function goLive(publisher: Publisher): Promise<void> {
  await publisher.push('clock', { track: 0, dts: 0, wall_ms: Date.now() - 1000, offset_ms: 0 });
  for (let index = 0; index < 30; index++) {
    const record = { track: 0, key: index === 0, duration: 0, dts: Math.round((index * MICROSECONDS) / 30), cts: 0 };
    const chunk = encodeChunk([{ ...record, data: videoFrame(index === 0) }]);
    assert.equal((await publisher.push('chunk', new Uint8Array(chunk))).status, 'ok');
  }
}

test('in development mode a second broadcaster is told that it may take over, and does so when it asks', async () => {
  await using server = await startTestServer();
  const first = await connect(server);
  await goLive(first);
  const refused = await connect(server);
  assert.equal(refused.joinReply.response['reason'], 'stream-taken');
  assert.equal(refused.joinReply.response['may_take_over'], true);
  assert.equal((await first.push('time', {})).status, 'ok', 'whoever was on air stays on air');
  const second = await connect(server, { takeOver: true });
  assert.equal(second.joinReply.status, 'ok');
  assert.equal(second.session.session, first.session.session, 'viewers stay in the session');
  assert.equal((await first.push('time', {})).response['reason'], 'unmatched topic');
  assert.deepEqual(first.pushes.slice(-2), [
    { event: 'stopped', payload: { reason: 'taken-over' } },
    { event: 'phx_close', payload: {} },
  ]);
  for (const it of [first, refused, second]) it.drop();
});

test('the publish key of a broadcaster that somebody else replaced is no longer good', async () => {
  await using server = await startTestServer({ secret: 's'.repeat(48), public: ['publish'] });
  const first = await connect(server);
  const secret = 's'.repeat(48);
  const token = await signToken(secret, { sub: 'host', grants: [{ stream: 'demo', can: ['moderate'] }], ttl: 60 });
  const second = await connect(server, { token, takeOver: true });
  assert.notEqual(second.session.publish_key, first.session.publish_key);
  const back = await connect(server, { publishKey: first.session.publish_key, takeOver: true });
  assert.equal(back.joinReply.response['reason'], 'stream-taken');
  assert.equal(back.joinReply.response['may_take_over'], false);
  for (const it of [first, second, back]) it.drop();
});

test('the same subject is told of its other page and may replace it; another subject may not', async () => {
  const secret = 's'.repeat(48);
  await using server = await startTestServer({ secret, public: ['watch'] });
  const tokenOf = (sub: string) => signToken(secret, { sub, grants: [{ stream: 'demo', can: ['publish'] }], ttl: 60 });
  const first = await connect(server, { token: await tokenOf('ada') });
  const told = await connect(server, { token: await tokenOf('ada') });
  assert.deepEqual([told.joinReply.response['reason'], told.joinReply.response['may_take_over']], ['stream-taken', true]);
  const stranger = await connect(server, { token: await tokenOf('bob'), takeOver: true });
  assert.deepEqual([stranger.joinReply.response['reason'], stranger.joinReply.response['may_take_over']], ['stream-taken', false]);
  const second = await connect(server, { token: await tokenOf('ada'), takeOver: true });
  assert.equal(second.joinReply.status, 'ok');
  for (const it of [first, told, stranger, second]) it.drop();
});

test('info changes what viewers are told, field by field, and an empty text takes it away', async () => {
  await using server = await startTestServer();
  const publisher = await connect(server, { title: 'Launch' });
  await goLive(publisher);
  const watcher = await Watcher.join(server, 'demo');
  assert.equal(watcher.reply.response['title'], 'Launch');
  assert.equal((await publisher.push('info', { description: 'To the moon' })).status, 'ok');
  const described = await watcher.until('state', ({ description }) => description === 'To the moon');
  assert.equal(described['title'], 'Launch');
  await publisher.push('info', { title: '' });
  const untitled = await watcher.until('state', ({ title }) => title === undefined);
  assert.equal(untitled['description'], 'To the moon');
  const long = await publisher.push('info', { title: 'x'.repeat(201) });
  assert.equal(long.response['reason'], 'invalid');
  publisher.drop();
  watcher.close();
});
