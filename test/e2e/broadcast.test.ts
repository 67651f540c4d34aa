/** A broadcaster's page and viewers' pages, on an origin of their own under the strict policy, in real browsers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ElementHandle, Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { installClockCamera, readClock } from '../support/clock-camera.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne, loudnessInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { Stopwatch } from '../support/stopwatch.ts';

const CLOCK = { width: 640, height: 480, frameRate: 30 };
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('a broadcast', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let studio: Chromium;
  let audience: Chromium;
  let broadcaster: Page;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    studio = await Chromium.launch();
    audience = await Chromium.launch();
    const page = site.page('<rtc-broadcaster stream="launch" capture-width="640" capture-height="480"></rtc-broadcaster>');
    broadcaster = await studio.open(page, (opened) => opened.evaluateOnNewDocument(installClockCamera, CLOCK));
  });

  after(async () => {
    await studio?.close();
    await audience?.close();
    await site?.close();
    await server?.close();
  });

  const goLive = (): Promise<void> =>
    broadcaster.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await (document.querySelector('rtc-broadcaster') as HTMLElement & { start(): Promise<void> }).start();
    });

  const watch = async (): Promise<{ page: Page; video: ElementHandle<HTMLVideoElement> }> => {
    const page = await audience.open(site.page('<hls-viewer stream="launch" autoplay></hls-viewer>'));
    return { page, video: await deepOne<HTMLVideoElement>(page, 'video') };
  };

  /** Resolves with the milliseconds that the page took until it showed a first frame. */
  const firstFrame = (video: ElementHandle<HTMLVideoElement>): Promise<number> =>
    video.evaluate((element) => new Promise<number>((resolve) => element.requestVideoFrameCallback(() => resolve(performance.now()))));

  test('goes from the camera to a viewer with sound, under half a second behind', async () => {
    await goLive();
    const { page, video } = await watch();
    await firstFrame(video);
    assert.ok((await video.evaluate(loudnessInPage, 0.1, 20_000)) >= 0.1, 'the viewer hears the clicks');
    const { latencies } = await video.evaluate(readClock, { seconds: 10, sound: false });
    // The budget is the benchmark's to check: a machine busy with tests gets some air.
    assert.ok(latencies.length > 200, `${latencies.length} frames in 10 s`);
    assert.ok(median(latencies) < 800, `half of the frames are at most ${median(latencies)} ms old`);
    await page.close();
  });

  test('plays within 1.5 s for somebody who joins late', async () => {
    // The element, its scripts and the engine come from the cache, as for anybody who has been on the site before.
    using stopwatch = new Stopwatch();
    const { page, video } = await watch();
    const shown = await firstFrame(video);
    stopwatch.assertBelow(1500, shown);
    await page.close();
  });

  test('plays on when the broadcaster reloads the page', async () => {
    const { page, video } = await watch();
    await firstFrame(video);
    const session = await (await fetch(`${server.url}/api/streams/launch`)).json();
    await broadcaster.reload({ waitUntil: 'load' });
    const reloaded = Date.now();
    await goLive();
    const caught = await video.evaluate(
      (element, since) =>
        new Promise<boolean>((resolve) => {
          const end = performance.now() + 20_000;
          const look = (): void => {
            const after = readCells(element).drawn - (since % 2 ** 40);
            if (after > 0 && after < 30_000) resolve(true);
            else if (performance.now() > end) resolve(false);
            else element.requestVideoFrameCallback(look);
          };
          element.requestVideoFrameCallback(look);
        }),
      reloaded,
    );
    assert.ok(caught, 'the viewer shows pictures that were captured after the reload');
    const again = await (await fetch(`${server.url}/api/streams/launch`)).json();
    assert.equal(again.session, session.session, 'the session is the same one, so that every viewer plays on');
    await page.close();
  });

  test('has asked no third party, and broke no rule of the policy', async () => {
    assert.deepEqual(await studio.thirdParties([site.origin, server.url]), []);
    assert.deepEqual(await audience.thirdParties([site.origin, server.url]), []);
    assert.deepEqual([...studio.complaints, ...audience.complaints], []);
  });
});
