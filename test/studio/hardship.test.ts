/** Cameras that are not as they should be, a page that stands still, a server that is full, and a path that swallows what is sent. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { PublisherReport } from '../../src/capture/publisher-options.ts';
import { Chromium } from '../support/chromium.ts';
import { installClockCamera } from '../support/clock-camera.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { startStallingProxy } from '../support/stalling-proxy.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly report: PublisherReport | null;
  start(): Promise<void>;
}

type Camera = Parameters<typeof installClockCamera>[0];

const USUAL: Camera = { width: 640, height: 360, frameRate: 30 };

/** Goes live; the code of why not, or null. */
const start = (page: Page): Promise<string | null> =>
  page.evaluate(async () => {
    await customElements.whenDefined('rtc-broadcaster');
    return (
      (await document
        .querySelector<Broadcaster>('rtc-broadcaster')
        ?.start()
        .then(
          () => null,
          (error: { code: string }) => error.code,
        )) ?? null
    );
  });

const reportsThat = async (page: Page, holds: (report: PublisherReport) => boolean, timeout = 10_000): Promise<PublisherReport> => {
  const found = `(${holds})(document.querySelector('rtc-broadcaster').report ?? { layers: [] })`;
  await page.waitForFunction(found, { timeout, polling: 50 });
  const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
  assert.ok(report !== null);
  return report;
};

const reaches = (page: Page, state: string, timeout = 20_000) =>
  page.waitForFunction(
    (wanted) => document.querySelector<Broadcaster>('rtc-broadcaster')?.state === wanted,
    { timeout, polling: 20 },
    state,
  );

describe('a broadcast', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let studio: Chromium;
  const ends: (() => Promise<unknown>)[] = [];

  before(async () => {
    server = await startTestServer({ maxStreams: 1 });
    site = await startEmbeddingSite(server.url);
    studio = await Chromium.launch();
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(async () => {
    await studio?.close();
    await site?.close();
    await server?.close();
  });

  const open = async (stream: string, attributes = '', camera = USUAL, where = site): Promise<Page> => {
    const body = `<rtc-broadcaster stream="${stream}" no-audio ${attributes}></rtc-broadcaster>`;
    const page = await studio.open(where.page(body), (opened) => opened.evaluateOnNewDocument(installClockCamera, camera));
    ends.push(async () => {
      await page.evaluate(() => (document.querySelector('rtc-broadcaster') as HTMLElement & { stop(): Promise<void> }).stop());
      await page.close();
    });
    return page;
  };

  const cameras: [what: string, camera: Camera, size: string, frames: [least: number, most: number]][] = [
    ['a camera of 7 frames a second is sent as it is', { width: 640, height: 360, frameRate: 7 }, '640x360', [4, 9]],
    ['a camera of 60 frames a second is thinned out', { width: 640, height: 360, frameRate: 60 }, '640x360', [15, 36]],
    ['an upright camera stays upright', { width: 720, height: 1280, frameRate: 30 }, '720x1280', [5, 36]],
    ['a camera of 4K is scaled down to what was asked for', { width: 3840, height: 2160, frameRate: 10 }, '1280x720', [1, 36]],
  ];
  for (const [index, [what, camera, size, [least, most]]] of cameras.entries()) {
    test(`from ${what}`, { timeout: 40_000 }, async () => {
      const page = await open(`camera-${index}`, '', camera);
      assert.equal(await start(page), null);
      // Where there are too many, it takes a moment to see that.
      const report = await reportsThat(page, ({ frameRate, bitrate }) => frameRate > 0 && frameRate <= 36 && bitrate > 0);
      assert.equal(`${report.width}x${report.height}`, size);
      assert.ok(report.frameRate >= least && report.frameRate <= most, `${report.frameRate} frames a second`);
    });
  }

  test('goes on while its page stands still for three seconds', { timeout: 40_000 }, async () => {
    const page = await open('frozen');
    assert.equal(await start(page), null);
    const { epoch } = await reportsThat(page, ({ bitrate }) => bitrate > 0);
    await page.evaluate(() => {
      const states: string[] = [];
      Object.assign(globalThis, { states });
      addEventListener('rtc-state', (event) => states.push((event as CustomEvent<{ state: string }>).detail.state));
      const end = performance.now() + 3_000;
      while (performance.now() < end);
    });
    const after = await reportsThat(page, ({ bitrate }) => bitrate > 0);
    assert.equal(after.epoch, epoch);
    assert.deepEqual(await page.evaluate(() => Reflect.get(globalThis, 'states')), []);
  });

  test('is refused in words where the server carries no more', { timeout: 40_000 }, async () => {
    const first = await open('first');
    assert.equal(await start(first), null);
    const second = await open('second');
    const asked = performance.now();
    assert.equal(await start(second), 'limit');
    assert.ok(performance.now() - asked < 4_000, 'at once: the camera takes most of it');
    const words = await second.evaluate(
      () => document.querySelector('rtc-broadcaster')?.shadowRoot?.querySelector('[part=error]')?.textContent,
    );
    assert.match(words ?? '', /carries no more broadcasts/);
  });

  for (const transport of ['channel', 'http']) {
    test(`is back without a click when nothing was acknowledged for five seconds over ${transport}`, { timeout: 60_000 }, async () => {
      const proxy = await startStallingProxy(server.url);
      ends.push(() => proxy.close());
      const through = await startEmbeddingSite(proxy.url);
      ends.push(() => through.close());
      const page = await open(`credits-${transport}`, `transport="${transport}"`, USUAL, through);
      assert.equal(await start(page), null);
      await reportsThat(page, ({ bitrate }) => bitrate > 0);
      proxy.stall();
      const stalled = await reportsThat(page, ({ uplinkDelay, limited }) => uplinkDelay > 1_000 && limited === 'uplink');
      assert.ok(stalled.targetBitrate < 2_000_000, 'less is encoded');
      if (transport === 'http') await reaches(page, 'reconnecting');
      else await reportsThat(page, ({ uplinkDelay }) => uplinkDelay > 5_000);
      proxy.flow();
      await reaches(page, 'live');
      await reportsThat(page, ({ uplinkDelay, bitrate }) => uplinkDelay < 1_000 && bitrate > 0, 20_000);
    });
  }
});
