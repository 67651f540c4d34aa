/** What the server tells a broadcaster of its broadcast, whichever way it sends. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { startTestServer } from '../support/server.ts';
import { audioTrack, videoTrack } from '../support/simulated-broadcast.ts';
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

async function sessionOf(server: string): Promise<string | null> {
  return ((await (await fetch(`${server}/api/streams/show`)).json()) as { session: string | null }).session;
}

for (const transport of ['channel', 'http'] as const) {
  describe(`a broadcaster by ${transport}`, { timeout: 30_000 }, () => {
    const broadcast = (options: StudioOptions): Studio => {
      const studio = new Studio({ transport, ...options });
      ends.push(() => studio.close());
      return studio;
    };

    test('hears that it is recorded', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url, record: true });
      await studio.until(() => studio.recordings.length > 0);
      assert.deepEqual(studio.recordings, [{ state: 'recording' }]);
    });

    test('hears why it is not', async () => {
      const { url } = await start({ record: false });
      const studio = broadcast({ server: url, record: true });
      await studio.until(() => studio.recordings.length > 0);
      assert.deepEqual(studio.recordings, [{ state: 'stopped', reason: 'forbidden' }]);
    });

    test('hears that it has lasted long enough, and is over', async () => {
      const { url } = await start({ maxDuration: 2_000 });
      const studio = broadcast({ server: url });
      await studio.until(() => studio.ended !== null);
      assert.equal(studio.ended?.code, 'limit');
      assert.deepEqual(studio.ended?.details, { reason: 'limit', stopped: true });
    });

    test('hears which session follows where its tracks do not fit the one before', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      const [joined] = studio.joins;
      studio.change([videoTrack(), videoTrack({ id: 2, layer: 1 }), audioTrack()]);
      await studio.until(() => studio.moves.length === 1);
      assert.notEqual(studio.moves[0]?.session, joined?.session);
      while ((await sessionOf(url)) === null);
      assert.equal(studio.moves[0]?.session, await sessionOf(url));
    });

    test('hears at once that the server carries no more, and tries on', async () => {
      const { url } = await start({ maxStreams: 1 });
      const first = broadcast({ server: url });
      await first.until(() => first.keyFramesAcknowledged === 1);
      using watch = new Stopwatch();
      const second = broadcast({ server: url, stream: 'another' });
      await second.until(() => second.troubles.length > 0);
      assert.equal(second.troubles[0]?.code, 'limit');
      watch.assertBelow(1_000);
      assert.equal(second.ended, null);
    });
  });
}
