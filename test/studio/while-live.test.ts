/** What the settings change of a broadcast that is on air. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { PublisherReport } from '../../src/capture/publisher-options.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne, loudnessInPage, shownInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly report: PublisherReport | null;
  bitrate: number;
  layers: number;
  noAudio: boolean;
  start(): Promise<void>;
}

const AUDIBLE = 0.02;

describe('while it is live, a broadcast', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let studio: Chromium;
  let audience: Chromium;
  const ends: (() => Promise<unknown>)[] = [];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    [studio, audience] = await Promise.all([Chromium.launch(), Chromium.launch()]);
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(async () => {
    await studio?.close();
    await audience?.close();
    await site?.close();
    await server?.close();
  });

  const goLive = async (stream: string, attributes: string): Promise<Page> => {
    const body = `<rtc-broadcaster stream="${stream}" capture-width="640" capture-height="480" ${attributes}></rtc-broadcaster>`;
    const page = await studio.open(site.page(body));
    ends.push(() => page.close());
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
    });
    return page;
  };

  const reportsThat = async (page: Page, holds: (report: PublisherReport) => boolean): Promise<PublisherReport> => {
    const found = `(${holds})(document.querySelector('rtc-broadcaster').report ?? { layers: [] })`;
    await page.waitForFunction(found, { timeout: 10_000, polling: 50 });
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
    assert.ok(report !== null);
    return report;
  };

  const change = (page: Page, settings: Partial<Pick<Broadcaster, 'bitrate' | 'layers' | 'noAudio'>>): Promise<unknown> =>
    page.evaluate((wanted) => Object.assign(document.querySelector('rtc-broadcaster') ?? {}, wanted) && undefined, settings);

  test('takes another bit rate in the same epoch', { timeout: 40_000 }, async () => {
    const page = await goLive('other-rate', 'bitrate="1500000"');
    const { epoch } = await reportsThat(page, ({ targetBitrate }) => targetBitrate === 1_500_000);
    await change(page, { bitrate: 600_000 });
    assert.equal((await reportsThat(page, ({ targetBitrate }) => targetBitrate === 600_000)).epoch, epoch);
    await change(page, { bitrate: 1_200_000 });
    assert.equal((await reportsThat(page, ({ targetBitrate }) => targetBitrate === 1_200_000)).epoch, epoch);
  });

  test('a recorder takes another bit rate in another epoch of the same session', { timeout: 40_000 }, async () => {
    const page = await goLive('recorder-rate', 'codec="recorder" bitrate="1500000"');
    const { epoch } = await reportsThat(page, (report) => report.epoch > 0);
    await change(page, { bitrate: 600_000 });
    const after = await reportsThat(page, (report) => report.targetBitrate === 600_000 && report.epoch > 1);
    assert.equal(after.epoch, epoch + 1);
  });

  test('drops to its best size, and has the others back', { timeout: 40_000 }, async () => {
    const page = await goLive('other-sizes', 'layers="3" bitrate="1000000"');
    await reportsThat(page, ({ layers }) => layers.length === 3);
    await change(page, { layers: 1 });
    const one = await reportsThat(page, ({ layers }) => layers.length === 1 && (layers[0]?.bitrate ?? 0) > 0);
    assert.equal(one.width, 640);
    await change(page, { layers: 3 });
    const three = await reportsThat(page, ({ layers }) => layers.length === 3 && layers.every(({ bitrate }) => bitrate > 0));
    assert.ok(three.epoch > one.epoch);
  });

  for (const codec of ['auto', 'recorder']) {
    test(`gets sound that it began without (${codec}), and its viewers hear it`, { timeout: 60_000 }, async () => {
      const stream = `sound-later-${codec}`;
      const page = await goLive(stream, `no-audio codec="${codec}"`);
      const viewer = await audience.open(site.page(`<hls-viewer stream="${stream}" autoplay></hls-viewer>`));
      ends.push(() => viewer.close());
      const video = await deepOne<HTMLVideoElement>(viewer, 'video');
      assert.ok((await video.evaluate(shownInPage, 30, 15_000)) >= 30);
      await change(page, { noAudio: false });
      await reportsThat(page, ({ audioCodec }) => audioCodec !== null);
      // Chromium's own count: the sound of the next session is being played.
      const hears = (element: HTMLVideoElement & { webkitAudioDecodedByteCount?: number }): boolean =>
        (element.webkitAudioDecodedByteCount ?? 0) > 0;
      await viewer.waitForFunction(hears, { timeout: 15_000 }, video);
      const peak = await video.evaluate(loudnessInPage, AUDIBLE, 20_000);
      assert.ok(peak >= AUDIBLE, `the viewer hears a level of ${peak.toFixed(4)}`);
    });
  }
});
