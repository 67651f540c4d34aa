/** `media:<name>` in a real Chromium: a plain page with a MediaSource plays what a broadcaster's page sends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chromium } from '../support/chromium.ts';
import { installClockCamera, readClock } from '../support/clock-camera.ts';
import { startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne } from '../support/media-probe.ts';
import { startTestServer } from '../support/server.ts';
import { playSocket } from '../support/socket-player.ts';
import { Watcher } from '../support/watcher.ts';

const CLOCK = { width: 640, height: 480, frameRate: 30 };
const SECONDS = 12;

test('a plain page plays a stream from the socket, picture and sound, a fraction of a second behind its camera', async (context) => {
  await using server = await startTestServer();
  const site = await startEmbeddingSite(server.url);
  const studio = await Chromium.launch();
  const audience = await Chromium.launch();
  try {
    const body = '<rtc-broadcaster stream="launch" capture-width="640" capture-height="480"></rtc-broadcaster>';
    const broadcaster = await studio.open(site.page(body), (page) => page.evaluateOnNewDocument(installClockCamera, CLOCK));
    await broadcaster.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await (document.querySelector('rtc-broadcaster') as HTMLElement & { start(): Promise<void> }).start();
    });
    const watcher = await Watcher.join(server, 'launch');
    if (watcher.reply.response['state'] !== 'live') await watcher.until('state', ({ state }) => state === 'live');
    watcher.close();
    const page = await audience.open(site.page('<video playsinline></video>'));
    const video = await deepOne<HTMLVideoElement>(page, 'video');
    await video.evaluate(playSocket, { socket: server.socketUrl, stream: 'launch', target: 0.1 });
    // The rate needs a moment to bring the buffer to its target.
    await video.evaluate((element) => {
      const until = element.currentTime + 4;
      return new Promise<void>((resolve) => {
        element.addEventListener('timeupdate', () => element.currentTime >= until && resolve());
      });
    });
    const { latencies, stalls, seconds } = await video.evaluate(readClock, { seconds: SECONDS, sound: false });
    const sorted = latencies.toSorted((a, b) => a - b);
    const [p50 = Number.NaN, p95 = Number.NaN] = [0.5, 0.95].map((share) => sorted[Math.floor(share * sorted.length)]);
    context.diagnostic(`glass to glass ${p50.toFixed(0)}/${p95.toFixed(0)} ms (p50/p95), ${stalls} stalls in ${seconds.toFixed(0)} s`);
    assert.ok(latencies.length > SECONDS * 15, `${latencies.length} frames in ${SECONDS} s`);
    // The budget of 120 ms is a benchmark's: a machine busy with tests gets some air.
    assert.ok(p50 < 800, `half of the frames are at most ${p50} ms old`);
    const buffered = await video.evaluate(({ buffered: ranges, currentTime }) => ranges.end(ranges.length - 1) - currentTime);
    assert.ok(buffered < 1);
    assert.deepEqual(audience.complaints, []);
  } finally {
    await studio.close();
    await audience.close();
    await site.close();
  }
});
