/** The broadcaster's way to the server where there are only requests, and some of them get lost. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { startTestServer } from '../support/server.ts';
import { startSocketlessProxy } from '../support/socketless-proxy.ts';
import { Stopwatch } from '../support/stopwatch.ts';
import { Studio, type StudioOptions } from '../support/studio.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(settings: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(settings);
  ends.push(() => server.close(0));
  return server;
}

function broadcast(options: StudioOptions): Studio {
  const studio = new Studio({ transport: 'http', ...options });
  ends.push(() => studio.close());
  return studio;
}

const isMedia = (init: RequestInit | undefined): boolean => init?.body instanceof ArrayBuffer;

describe('the uplink by requests', { timeout: 30_000 }, () => {
  for (const how of ['refuse', 'drop'] as const) {
    test(`is taken by itself where sockets are blocked (${how === 'refuse' ? 'refused' : 'dropped'})`, async () => {
      const { url } = await start();
      const proxy = await startSocketlessProxy(url, how);
      ends.push(() => proxy.close());
      const studio = broadcast({ server: proxy.url, transport: 'auto' });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      assert.equal(studio.transmitter.transport, 'http');
      assert.ok(proxy.refused() > 0);
      assert.deepEqual([studio.troubles, studio.notices, studio.drops], [[], [], 0]);
    });
  }

  test('is not taken where sockets are open', async () => {
    const { url } = await start();
    const studio = broadcast({ server: url, transport: 'auto' });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    assert.equal(studio.transmitter.transport, 'channel');
  });

  test('sends a lost request again, and nobody notices', async () => {
    const { url } = await start();
    let lost = 0;
    const studio = broadcast({
      server: url,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        // The server has it; the answer is lost on the way, or the request was.
        if (isMedia(init) && ++lost % 10 === 0) throw new TypeError('Failed to fetch');
        return response;
      },
    });
    await studio.until(() => lost > 40);
    assert.deepEqual([studio.joins.length, studio.drops, studio.notices, studio.troubles], [1, 0, [], []]);
  });

  test('has two requests with media under way at the most, and sends together what gathers meanwhile', async () => {
    const { url } = await start();
    let underWay = 0;
    let most = 0;
    let sent = 0;
    using watch = new Stopwatch();
    const studio = broadcast({
      server: url,
      fetch: async (input, init) => {
        if (!isMedia(init)) return await fetch(input, init);
        sent++;
        most = Math.max(most, ++underWay);
        // A round trip of 200 ms.
        await new Promise((resolve) => setTimeout(resolve, 200));
        return await fetch(input, init).finally(() => underWay--);
      },
    });
    await studio.until(() => studio.keyFramesAcknowledged === 1 && sent >= 15);
    assert.equal(most, 2);
    watch.assertBelow(500, studio.transmitter.delay);
    assert.equal(studio.transmitter.dropped, 0);
    assert.deepEqual(studio.notices, []);
  });

  test('leaves the stream to whoever comes next when it is ended while it opens', async () => {
    const { url } = await start();
    const first = broadcast({ server: url });
    await first.transmitter.end();
    const second = broadcast({ server: url });
    await second.until(() => second.keyFramesAcknowledged === 1 || second.ended !== null);
    assert.equal(second.ended, null);
    assert.equal(first.joins.length, 0);
  });

  test('asks for another token when the one it has ends, and goes on in the same epoch', async () => {
    const secret = 'a secret that is long enough for HS256 to accept it';
    const { url } = await start({ secret, origins: ['*'] });
    let asked = 0;
    const studio = broadcast({
      server: url,
      tokenProvider: async () =>
        signToken(secret, { sub: 'ada', grants: [{ stream: 'show', can: ['publish'] }], ttl: asked++ === 0 ? 1 : 300 }),
    });
    await studio.until(() => asked === 2);
    const { dropped } = studio.transmitter;
    await studio.until(() => studio.transmitter.throughput > 100_000);
    assert.deepEqual([studio.joins.length, studio.drops, studio.ended, studio.transmitter.dropped - dropped], [1, 0, null, 0]);
  });

  test('lowers the rate within a second when requests are not answered any more, and says so when they are lost', async () => {
    const { url } = await start();
    let stuck = false;
    const studio = broadcast({
      server: url,
      fetch: async (input, init) => {
        if (stuck) await new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new TypeError('aborted'))));
        return await fetch(input, init);
      },
    });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    stuck = true;
    const before = studio.rates.length;
    using watch = new Stopwatch();
    await studio.until(() => studio.rates.length > before);
    watch.assertBelow(1_000);
    await studio.until(() => studio.drops === 1);
    stuck = false;
    await studio.until(() => studio.keyFramesAcknowledged === 2);
    assert.equal(studio.joins[1]?.session, studio.joins[0]?.session);
    assert.equal(studio.troubles[0]?.code, 'network');
  });
});
