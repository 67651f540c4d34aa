/** The npm `phoenix` client in a real browser against our wire, over both of its transports: what a Phoenix application would bring. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { Chromium } from '../support/chromium.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

type Phoenix = typeof import('phoenix');

const SECRET = 'a secret of the tests, long enough for HS256';

describe('the Phoenix client in Chromium', () => {
  let server: TestServer;
  let site: Server;
  let chromium: Chromium;
  let page: Page;
  let token: string;

  before(async () => {
    const module = await readFile(fileURLToPath(import.meta.resolve('phoenix')));
    site = createServer((request, response) => {
      const script = request.url === '/phoenix.mjs';
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
      response.end(script ? module : '<!doctype html><title>Phoenix</title>');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    server = await startTestServer({ secret: SECRET, public: [], autoCreate: true, origins: [origin] });
    token = await signToken(SECRET, {
      sub: 'ada',
      name: 'Ada',
      grants: [{ room: '*', stream: '*', can: ['join', 'publish', 'create'] }],
      ttl: 600,
    });
    chromium = await Chromium.launch();
    page = await chromium.open(origin);
  });

  after(async () => {
    await chromium?.close();
    await server?.close();
    await new Promise((resolve) => site?.close(resolve));
  });

  for (const transport of ['websocket', 'longpoll'] as const) {
    test(`joins with a token, pushes text and binary, sees presence and leaves, over ${transport}`, async () => {
      const seen = await page.evaluate(
        async (endpoint, authToken, name) => {
          const { Socket, Presence, LongPoll } = (await import(`${location.origin}/phoenix.mjs`)) as Phoenix & {
            LongPoll: new (endpoint: string) => object;
          };
          const socket = new Socket(endpoint, { authToken, ...(name === 'longpoll' ? { transport: LongPoll } : {}) });
          const reply = (push: ReturnType<ReturnType<typeof socket.channel>['push']>): Promise<unknown> =>
            new Promise((resolve, reject) => {
              push
                .receive('ok', (response: unknown) => resolve({ ok: response }))
                .receive('error', (response: unknown) => resolve({ error: response }))
                .receive('timeout', () => reject(new Error('timeout')));
            });
          socket.connect();
          const room = socket.channel(`room:phoenix-${name}`, { v: 1 });
          const presence = new Presence(room);
          const synced = new Promise<void>((resolve) => presence.onSync(() => resolve()));
          const joined = (await reply(room.join())) as { ok?: { peer_id: string; me: { name: string } } };
          await synced;
          const keys = presence.list((key: string) => key);
          const nobody = await reply(room.push('ping', { to: 'nobody' }));
          const unknown = await reply(room.push('no-such-event', {}));
          const codec = 'vp8';
          const refused = await reply(
            socket
              .channel(`stream:phoenix-${name}`, { v: 1, container: 'frames', tracks: [{ id: 0, kind: 'video', codec, timescale: 1000 }] })
              .join(),
          );
          const binary = await reply(room.push('ping', new ArrayBuffer(8)));
          const closed = new Promise<void>((resolve) => room.onClose(() => resolve()));
          const left = await reply(room.leave());
          await closed;
          socket.disconnect();
          return { joined, keys, nobody, unknown, refused, binary, left };
        },
        server.socketUrl,
        token,
        transport,
      );
      assert.equal(seen.joined.ok?.me.name, 'Ada', 'the name of the token wins');
      assert.deepEqual(seen.keys, [seen.joined.ok?.peer_id]);
      assert.deepEqual(seen.nobody, { error: { reason: 'no-peer' } });
      assert.equal((seen.unknown as { error: { reason: string } }).error.reason, 'invalid');
      assert.equal((seen.refused as { error: { reason: string } }).error.reason, 'codec-unsupported');
      assert.equal(
        (seen.binary as { error: { reason: string } }).error.reason,
        'invalid',
        'a binary push is read, and answered by its reference',
      );
      assert.deepEqual(seen.left, { ok: {} });
    });
  }

  test('is refused with a token of another key, and the server serves on', async () => {
    const forged = await signToken(`${SECRET} of somebody else`, { sub: 'eve', ttl: 600, grants: [{ room: '*', can: ['join'] }] });
    const opened = await page.evaluate(
      async (endpoint, authToken) => {
        const { Socket } = (await import(`${location.origin}/phoenix.mjs`)) as Phoenix;
        const socket = new Socket(endpoint, { authToken });
        const result = new Promise<string>((resolve) => {
          socket.onOpen(() => resolve('open'));
          socket.onError(() => resolve('refused'));
        });
        socket.connect();
        const answer = await result;
        socket.disconnect();
        return answer;
      },
      server.socketUrl,
      forged,
    );
    assert.equal(opened, 'refused');
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  });
});
