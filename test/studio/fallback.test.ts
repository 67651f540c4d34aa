/** Encoders that give up, before a broadcast is live and while it is: it goes on with a recorder, without a click. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne, shownInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly report: { readonly encoder: string; readonly epoch: number } | null;
  readonly playback: { readonly hls?: string } | null;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Broken {
  /** Whether encoders of pictures of a camera's size fail. */
  encoders: boolean;
  errors: string[];
  sessions: string[];
}

declare global {
  var broken: Broken;
}

/** Encoders on the page, where they can be broken; what is tried before, on a small picture, works. */
function breakable(atOnce: boolean): void {
  Reflect.deleteProperty(globalThis, 'MediaStreamTrackProcessor');
  const broken: Broken = { encoders: atOnce, errors: [], sessions: [] };
  Object.assign(globalThis, { broken });
  globalThis.VideoEncoder = class extends VideoEncoder {
    override encode(frame: VideoFrame, options?: VideoEncoderEncodeOptions): void {
      if (broken.encoders && frame.displayWidth > 320) throw new DOMException('the device is gone', 'EncodingError');
      super.encode(frame, options);
    }
  };
  addEventListener('rtc-error', (event) => broken.errors.push((event as CustomEvent<{ code: string }>).detail.code));
  addEventListener('rtc-live', (event) => broken.sessions.push((event as CustomEvent<{ session: string }>).detail.session));
}

describe('where an encoder gives up', () => {
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

  const goLive = async (stream: string, atOnce: boolean, prepare?: (page: Page) => Promise<void>): Promise<Page> => {
    const body = `<rtc-broadcaster stream="${stream}" capture-width="640" capture-height="480"></rtc-broadcaster>`;
    const page = await studio.open(site.page(body), async (opened) => {
      await opened.evaluateOnNewDocument(breakable, atOnce);
      await prepare?.(opened);
    });
    ends.push(() => page.close());
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
    });
    return page;
  };

  const recordsLive = (page: Page) =>
    page.waitForFunction(
      () => {
        const broadcaster = document.querySelector<Broadcaster>('rtc-broadcaster');
        return broadcaster?.state === 'live' && broadcaster.report?.encoder.startsWith('MediaRecorder') === true;
      },
      { timeout: 20_000 },
    );

  test('a broadcast that is live goes on in the same session, and its viewers see on', { timeout: 60_000 }, async () => {
    const page = await goLive('gives-up', false);
    const viewer = await audience.open(site.page('<hls-viewer stream="gives-up" autoplay></hls-viewer>'));
    ends.push(() => viewer.close());
    const video = await deepOne<HTMLVideoElement>(viewer, 'video');
    assert.ok((await video.evaluate(shownInPage, 30, 15_000)) >= 30);
    await page.evaluate(() => {
      broken.encoders = true;
    });
    await recordsLive(page);
    assert.ok((await video.evaluate(shownInPage, 60, 15_000)) >= 60, 'the viewer sees on');
    const { errors, sessions } = await page.evaluate(() => broken);
    assert.deepEqual(errors, []);
    assert.equal(sessions.length, 2);
    assert.equal(sessions[0], sessions[1]);
    const epoch = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report?.epoch ?? 0);
    assert.ok(epoch > 1, `epoch ${epoch}`);
    assert.deepEqual(studio.complaints.splice(0), []);
  });

  test('a broadcast that is not live yet begins with the recorder', { timeout: 60_000 }, async () => {
    const page = await goLive('never-began', true);
    await recordsLive(page);
    assert.deepEqual((await page.evaluate(() => broken)).errors, []);
    assert.deepEqual(studio.complaints.splice(0), []);
  });

  test('a broadcast that is stopped while the recorder is being loaded is over for its viewers', { timeout: 60_000 }, async () => {
    const held = Promise.withResolvers<void>();
    const page = await goLive('stopped-between', false, async (opened) => {
      await opened.setRequestInterception(true);
      opened.on('request', (request) => {
        if (/recorder-publisher/.test(request.url())) held.resolve();
        else void request.continue();
      });
    });
    await page.evaluate(() => {
      broken.encoders = true;
    });
    await held.promise;
    await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.stop());
    assert.equal(await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state), 'off');
    const { state } = (await (await fetch(`${server.url}/api/streams/stopped-between`)).json()) as { state: string };
    assert.ok(state !== 'away' && state !== 'live', state);
  });
});
