/** Each encoder and each way to the server, forced and as browsers and networks force them, from a camera to a viewer who sees and hears. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne, loudnessInPage, shownInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { startSocketlessProxy } from '../support/socketless-proxy.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly report: { readonly encoder: string; readonly transport: string; readonly droppedFrames: number } | null;
  start(): Promise<void>;
}

/** Well above the noise of a silent line, well below the beeps of the fake microphone, which noise suppression takes for noise. */
const AUDIBLE = 0.02;

/** Takes from the page what its browser does not have. */
const without = (names: readonly string[]): void => {
  for (const name of names) delete (globalThis as Record<string, unknown>)[name];
};

const WEBCODECS = ['VideoEncoder', 'AudioEncoder', 'MediaStreamTrackProcessor'];

describe('a broadcast from', () => {
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

  const goLive = async (where: EmbeddingSite, stream: string, attributes: string, missing: readonly string[] = []): Promise<Page> => {
    const body = `<rtc-broadcaster stream="${stream}" capture-width="640" capture-height="480" ${attributes}></rtc-broadcaster>`;
    const page = await studio.open(where.page(body), (opened) => opened.evaluateOnNewDocument(without, missing));
    ends.push(() => page.close());
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
    });
    return page;
  };

  const reportOf = async (page: Page): Promise<NonNullable<Broadcaster['report']>> => {
    await page.waitForFunction(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report, { timeout: 5000 });
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
    assert.ok(report !== null);
    return report;
  };

  /** A viewer on a network of its own sees three seconds of pictures and hears the beeps of the fake microphone. */
  const isSeenAndHeard = async (stream: string): Promise<void> => {
    const page = await audience.open(site.page(`<hls-viewer stream="${stream}" autoplay></hls-viewer>`));
    ends.push(() => page.close());
    const video = await deepOne<HTMLVideoElement>(page, 'video');
    const frames = await video.evaluate(shownInPage, 45, 15_000);
    assert.ok(frames >= 45, `${frames} frames`);
    const peak = await video.evaluate(loudnessInPage, AUDIBLE, 15_000);
    assert.ok(peak >= AUDIBLE, `the viewer hears a level of ${peak.toFixed(4)}`);
  };

  const ways: [what: string, attributes: string, missing: readonly string[], encoder: RegExp, transport: string][] = [
    ['WebCodecs over the channel', 'codec="webcodecs"', [], /^WebCodecs H\.264 \+ Opus$/, 'channel'],
    ['WebCodecs over HTTP', 'transport="http"', [], /^WebCodecs/, 'http'],
    ['a recorder over the channel', 'codec="recorder"', [], /^MediaRecorder Matroska H\.264 \+ Opus$/, 'channel'],
    ['a recorder over HTTP', 'codec="recorder" transport="http"', [], /^MediaRecorder/, 'http'],
    ['a browser whose tracks have no processor', '', ['MediaStreamTrackProcessor'], /^WebCodecs H\.264 \+ Opus$/, 'channel'],
    ['a browser that encodes no frames', '', WEBCODECS, /^MediaRecorder/, 'channel'],
  ];
  for (const [index, [what, attributes, missing, encoder, transport]] of ways.entries()) {
    test(`${what} is seen and heard`, { timeout: 60_000 }, async () => {
      const stream = `way-${index}`;
      const page = await goLive(site, stream, attributes, missing);
      await isSeenAndHeard(stream);
      const report = await reportOf(page);
      assert.match(report.encoder, encoder);
      assert.equal(report.transport, transport);
      assert.deepEqual(studio.complaints.splice(0), []);
    });
  }

  for (const how of ['refuse', 'drop'] as const) {
    test(`a network without sockets (${how === 'refuse' ? 'refused' : 'dropped'}) is seen and heard`, { timeout: 60_000 }, async () => {
      const proxy = await startSocketlessProxy(server.url, how);
      ends.push(() => proxy.close());
      const blocked = await startEmbeddingSite(proxy.url);
      ends.push(() => blocked.close());
      const page = await goLive(blocked, `blocked-${how}`, '');
      await isSeenAndHeard(`blocked-${how}`);
      assert.equal((await reportOf(page)).transport, 'http');
      assert.ok(proxy.refused() > 0, 'sockets were tried');
      // The browser's own words for the socket that was refused.
      studio.complaints.splice(0);
    });
  }
});
