/** Three people's pages in one room, on an origin of their own under the strict policy, with a moving face as the camera. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { faceClip } from '../support/face-clip.ts';
import { deepAll, loudnessInPage, movesInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { Stopwatch } from '../support/stopwatch.ts';

const REMOTE = 'rtc-tile:not([local]) >>> video';
/** Well above the noise of a silent line, well below the fake microphone's beep. */
const AUDIBLE = 0.02;

describe('a call of three', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  const people: Page[] = [];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch({ camera: faceClip() });
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const remoteVideos = (page: Page) => deepAll<HTMLVideoElement>(page, REMOTE);
  const waitForRemotes = (page: Page, count: number, timeout = 60_000) =>
    page.waitForFunction((selector, wanted) => deepQuery(selector).length === wanted, { timeout }, REMOTE, count);

  test('everybody sees both others move and hears them', async () => {
    for (const name of ['Ada', 'Grace', 'Edith']) {
      people.push(await chromium.open(site.page(`<rtc-room room="team" display-name="${name}" no-prejoin></rtc-room>`)));
    }
    for (const page of people) await waitForRemotes(page, 2);
    for (const [index, page] of people.entries()) {
      for (const video of await remoteVideos(page)) {
        assert.ok(await video.evaluate(movesInPage, 30_000), `person ${index} sees a picture that moves`);
        const peak = await video.evaluate(loudnessInPage, AUDIBLE, 20_000);
        assert.ok(peak >= AUDIBLE, `person ${index} hears a level of ${peak.toFixed(4)}`);
        assert.equal(await video.evaluate((element) => element.muted), false, 'what others say is not muted');
      }
    }
  });

  test('when one leaves, the tile goes within 2 s elsewhere and the other link stays', async () => {
    const [stays, alsoStays, leaves] = people;
    if (!stays || !alsoStays || !leaves) throw new Error('nobody is in the room');
    await leaves.evaluate(() => (document.querySelector('rtc-room') as HTMLElement & { leave(): Promise<void> }).leave());
    using watch = new Stopwatch();
    await Promise.all([stays, alsoStays].map((page) => waitForRemotes(page, 1)));
    watch.assertBelow(2000);
    for (const page of [stays, alsoStays]) {
      const [video] = await remoteVideos(page);
      assert.ok(await video?.evaluate(movesInPage, 30_000), 'the picture of who stayed goes on moving');
    }
  });

  test('when one closes the tab, the tile goes within 2 s as well', async () => {
    const [stays, closes] = people;
    if (!stays || !closes) throw new Error('nobody is in the room');
    await closes.close({ runBeforeUnload: false });
    using watch = new Stopwatch();
    await waitForRemotes(stays, 0);
    watch.assertBelow(2000);
  });

  test('has asked no third party, and broke no rule of the policy', async () => {
    assert.deepEqual(await chromium.thirdParties([site.origin, server.url]), []);
    assert.deepEqual(chromium.complaints, []);
  });
});
