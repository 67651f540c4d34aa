/** Who may watch over a socket, for how long, and over which transport. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { encodeTextFrame } from '../../src/protocol/index.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { MediaClient } from '../support/media-client.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const SECRET = 'a secret of thirty-two bytes or more';
const clip = encodeClip();

const grant = (can: ('watch' | 'publish')[], ttl = 3600, sub = 'ada'): Promise<string> =>
  signToken(SECRET, { sub, ttl, grants: [{ stream: 'demo', can }] });

async function published(server: TestServer, token?: string): Promise<Publisher> {
  const tracks = trackDescriptions(await clip);
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks, ...(token === undefined ? {} : { token }) });
  await publisher.play(await clip, { duration: 3, fast: true });
  return publisher;
}

test('a protected stream wants a token that may watch it; a renewed one that may not ends the channel', async () => {
  await using server = await startTestServer({ secret: SECRET, public: [] });
  const publisher = await published(server, await grant(['publish'], 3600, 'bob'));
  const stranger = await MediaClient.connect(server.socketUrl);
  assert.equal((await stranger.join()).response['reason'], 'unauthorized');
  const client = await MediaClient.connect(server.socketUrl, 'demo', `&token=${await grant(['watch'])}`);
  assert.equal((await client.join()).status, 'ok');
  await client.until(() => client.parts.length > 0);
  assert.equal((await client.push('token', { token: await grant(['watch'], 7200) })).status, 'ok');
  void client.push('token', { token: await grant(['publish']) });
  await client.until(() => client.said('phx_close').length === 1);
  await stranger.close();
  await client.close();
  publisher.drop();
});

test('a token that is about to end is announced on the topic', async () => {
  await using server = await startTestServer({ secret: SECRET, public: [] }, { clock: systemClock });
  const publisher = await published(server, await grant(['publish'], 3600, 'bob'));
  const client = await MediaClient.connect(server.socketUrl, 'demo', `&token=${await grant(['watch'], 30)}`);
  await client.join();
  await client.until(() => client.said('token_expiring').length === 1);
  await client.close();
  publisher.drop();
});

test('a long poll is told that it cannot carry media', async () => {
  await using server = await startTestServer();
  const publisher = await published(server);
  const url = `${server.url}/socket/longpoll?vsn=2.0.0`;
  const { token } = (await (await fetch(url)).json()) as { token: string };
  const body = encodeTextFrame({ joinRef: '1', ref: '1', topic: 'media:demo', event: 'phx_join', payload: { v: 1 } });
  await fetch(`${url}&token=${token}`, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });
  const { messages } = (await (await fetch(`${url}&token=${token}`)).json()) as { messages: string[] };
  const [, , , , payload] = JSON.parse(messages[0] ?? '[]') as [unknown, unknown, unknown, unknown, { response: { reason: string } }];
  assert.equal(payload.response.reason, 'unsupported');
  publisher.drop();
});
