/** The broadcaster's way to the server, with frames that no camera saw: what the worker does, without the encoders. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { GlasscastError } from '../../src/protocol/index.ts';
import { startTestServer } from '../support/server.ts';
import { AVCC_720P, audioTrack, videoTrack } from '../support/simulated-broadcast.ts';
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

async function statusOf(server: string, stream = 'show'): Promise<{ state: string; session: string | null }> {
  return (await (await fetch(`${server}/api/streams/${stream}`)).json()) as { state: string; session: string | null };
}

async function becomes(server: string, state: string): Promise<void> {
  while ((await statusOf(server)).state !== state);
}

for (const transport of ['channel', 'http'] as const) {
  describe(`the uplink by ${transport}`, { timeout: 20_000 }, () => {
    const broadcast = (options: StudioOptions): Studio => {
      const studio = new Studio({ transport, ...options });
      ends.push(() => studio.close());
      return studio;
    };

    test('takes a stream live, and every frame is acknowledged', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      using watch = new Stopwatch();
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      await becomes(url, 'live');
      assert.equal((await statusOf(url)).session, studio.joins[0]?.session);
      await studio.until(() => studio.transmitter.throughput > 200_000);
      watch.assertBelow(500, studio.transmitter.delay);
      assert.equal(studio.transmitter.dropped, 0);
      assert.deepEqual([studio.notices, studio.troubles], [[], []]);
    });

    test('comes back after its connection was cut, in the next epoch of the same session', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      await becomes(url, 'live');
      studio.cut();
      await studio.until(() => studio.keyFramesAcknowledged === 2);
      const [first, second] = studio.joins;
      assert.equal(studio.drops, 1);
      assert.equal(second?.session, first?.session);
      assert.equal(second?.epoch, (first?.epoch ?? 0) + 1);
      assert.equal(second?.publish_key, first?.publish_key);
      await becomes(url, 'live');
      assert.deepEqual(studio.notices, []);
    });

    test('is refused where somebody else broadcasts under the name', async () => {
      const { url } = await start();
      const first = broadcast({ server: url });
      await first.until(() => first.keyFramesAcknowledged === 1);
      const second = broadcast({ server: url });
      await second.until(() => second.ended !== null);
      assert.equal(second.ended?.code, 'stream-taken');
      assert.equal(second.transmitter.joined, false);
      assert.equal(first.ended, null);
    });

    test('ends when another page takes the stream over with its key', async () => {
      const { url } = await start();
      const first = broadcast({ server: url });
      await first.until(() => first.keyFramesAcknowledged === 1);
      const second = broadcast({ server: url, publishKey: first.joins[0]?.publish_key ?? '' });
      await Promise.all([first.until(() => first.ended !== null), second.until(() => second.keyFramesAcknowledged === 1)]);
      assert.equal(first.ended?.code, 'stream-taken');
      assert.match(first.ended?.message ?? '', /another page/);
      assert.equal(first.joins.length, 1, 'the first does not fight for it');
    });

    test('hears it when the server needs a key frame', async () => {
      const { url } = await start({ segmentDuration: 1000 });
      const studio = broadcast({ server: url });
      studio.obeys = false;
      // A segment is due after a second, and no key frame comes by itself.
      await studio.until(() => studio.keyFramesNeeded > 0);
      assert.equal(studio.keyFramesAcknowledged, 1);
    });

    test('goes down to what the server takes', async () => {
      const { url } = await start({ maxBitrate: 400_000 });
      const studio = broadcast({ server: url, bitrate: 2_000_000 });
      await studio.until(() => studio.notices.length > 0);
      assert.equal((studio.notices[0] as GlasscastError).code, 'limit');
      // At once with the refusal, before which a busy machine may have lowered it by some.
      assert.ok((studio.rates.at(-1) ?? Number.POSITIVE_INFINITY) <= 320_000, `${studio.rates} bit/s`);
      await studio.until(() => studio.keyFramesAcknowledged > 1);
    });

    test('opens an epoch for another picture size, and goes on with a key frame', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      await studio.change([videoTrack({ description: AVCC_720P }), audioTrack()]);
      assert.equal(studio.transmitter.epoch, (studio.joins[0]?.epoch ?? 0) + 1);
      await studio.until(() => studio.keyFramesAcknowledged === 2);
      assert.deepEqual(studio.notices, []);
      assert.equal(studio.drops, 0);
    });

    test('opens one epoch after the other when formats change quickly, and none is lost', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      const first = studio.joins[0]?.epoch ?? 0;
      await Promise.all([
        studio.change([videoTrack({ description: AVCC_720P }), audioTrack()]),
        studio.change([videoTrack(), audioTrack({ channels: 1 })]),
      ]);
      assert.equal(studio.transmitter.epoch, first + 2);
      await studio.until(() => studio.keyFramesAcknowledged === 2);
      assert.deepEqual([studio.notices, studio.ended], [[], null]);
    });

    test('ends for good when the server refuses the new format', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      await studio.change([videoTrack({ codec: 'vp09.00.10.08' })]);
      assert.equal(studio.ended?.code, 'codec-unsupported');
      assert.equal(studio.transmitter.joined, false);
    });

    test('ends the broadcast for its viewers', async () => {
      const { url } = await start();
      const studio = broadcast({ server: url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      await becomes(url, 'live');
      await studio.transmitter.end();
      assert.equal((await statusOf(url)).state, 'ended');
    });

    test('says that the server restarts, and broadcasts to the one that comes after it', async () => {
      const first = await start();
      const studio = broadcast({ server: first.url });
      await studio.until(() => studio.keyFramesAcknowledged === 1);
      await first.close(0);
      await studio.until(() => studio.drops === 1);
      assert.equal(studio.troubles[0]?.code, 'network');
      // Who holds no socket may not hear of it.
      if (transport === 'channel') assert.match(studio.troubles[0]?.message ?? '', /restarting/);
      await start({ port: first.port });
      await studio.until(() => studio.keyFramesAcknowledged === 2);
      assert.notEqual(studio.joins[1]?.session, studio.joins[0]?.session);
      await becomes(first.url, 'live');
    });
  });
}
