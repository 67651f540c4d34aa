/** A tab that nobody looks at, in a browser that throttles it, and one that the browser freezes altogether. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as elsewhere } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import type { PublisherReport } from '../../src/capture/publisher-options.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { alerts, reaches, roomTag, sees, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { installClockCamera, readClock } from '../support/clock-camera.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { framesAfter, logFrames, longestStill } from '../support/frame-log.ts';
import { LoneChromium } from '../support/lone-chromium.ts';
import { deepOne } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/** Longer than the server lets a silent socket live. */
const HIDDEN_MS = LIMITS.silenceMs + 10_000;
/** Until the viewer's latency has settled. */
const SETTLE_MS = 8_000;

type Broadcaster = HTMLElement & { readonly state: string; readonly report: PublisherReport | null; start(): Promise<void> };

describe('a tab that nobody looks at', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  let lone: LoneChromium;
  const pages: Page[] = [];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
    // Timers of pages in the background wake once a minute: after five minutes for users, and at once here.
    lone = await LoneChromium.launch({ args: ['--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1'] });
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });

  after(async () => {
    await lone?.close();
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const callOfTwo = async (room: string): Promise<[hidden: Page, other: Page]> => {
    const hidden = await lone.open(site.page(roomTag(room, 'Hidden')), logFrames);
    const other = await chromium.open(site.page(roomTag(room, 'Other')), logFrames);
    pages.push(hidden, other);
    await Promise.all([seesMoving(hidden, 1, 'both see each other'), seesMoving(other, 1, 'both see each other')]);
    await hidden.evaluate(() => {
      const states: string[] = [];
      Object.assign(globalThis, { states });
      document
        .querySelector('rtc-room')
        ?.addEventListener('rtc-state', (event) => states.push((event as CustomEvent<{ state: string }>).detail.state));
    });
    return [hidden, other];
  };

  test('behind another one for 70 s keeps its socket, and its picture moves at the others', async (t) => {
    const [hidden, other] = await callOfTwo('hidden');
    const front = await hidden.evaluateHandle(() => open('about:blank', '_blank'));
    await hidden.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50, timeout: 5000 });
    const since = Date.now();
    await elsewhere(HIDDEN_MS);
    assert.equal(await hidden.evaluate(() => document.visibilityState), 'hidden');
    assert.deepEqual(await hidden.evaluate(() => (globalThis as unknown as { states: string[] }).states), [], 'the socket was never lost');
    const still = await longestStill(other, 1, since);
    t.diagnostic(`hidden for ${HIDDEN_MS / 1000} s: its picture stood for at most ${still.toFixed(0)} ms at the other`);
    assert.ok(still < 3000);
    const shown = Date.now();
    await hidden.evaluate((tab) => (tab as Window | null)?.close(), front);
    await hidden.bringToFront();
    t.diagnostic(`in front again: a picture after ${(await framesAfter(hidden, 1, shown, 5000)).toFixed(0)} ms`);
    await seesMoving(hidden, 1, 'it goes on');
    assert.deepEqual(await alerts(hidden), []);
  });

  test('behind another one for 70 s stays on air in one epoch, with its sound beside its picture', async (t) => {
    const page = await lone.open(site.page('<rtc-broadcaster stream="hidden" bitrate="1500000"></rtc-broadcaster>'), (opened) =>
      opened.evaluateOnNewDocument(installClockCamera, { width: 640, height: 480, frameRate: 30, unseen: true }),
    );
    pages.push(page);
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      const element = document.querySelector<Broadcaster>('rtc-broadcaster');
      await element?.start();
      const states: string[] = [];
      Object.assign(globalThis, { states });
      element?.addEventListener('rtc-state', () => states.push(element.state));
    });
    await page.evaluate(() => void open('about:blank', '_blank'));
    await page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50, timeout: 5000 });
    await elsewhere(HIDDEN_MS);
    const viewer = await chromium.open(site.page('<hls-viewer stream="hidden" autoplay></hls-viewer>'));
    pages.push(viewer);
    const video = await deepOne<HTMLVideoElement>(viewer, 'video');
    await video.evaluate((element) => new Promise<void>((resolve) => element.requestVideoFrameCallback(() => resolve())));
    await elsewhere(SETTLE_MS);
    const seen = await video.evaluate(readClock, { seconds: 10, sound: true });
    assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
    assert.deepEqual(await page.evaluate(() => (globalThis as unknown as { states: string[] }).states), [], 'it was never off air');
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
    const offset = [...seen.offsets].sort((a, b) => a - b)[seen.offsets.length >> 1] ?? Number.NaN;
    const rate = seen.latencies.length / seen.seconds;
    t.diagnostic(
      `hidden: ${rate.toFixed(1)} pictures a second, ${report?.droppedFrames} dropped, sound ${offset.toFixed(0)} ms behind the picture`,
    );
    assert.equal(report?.epoch, 1);
    assert.ok(rate > 15);
    assert.ok(Math.abs(offset) <= 45);
  });

  test('frozen for 70 s is back without a click when it is thawed', async (t) => {
    const [frozen, other] = await callOfTwo('frozen');
    const session = await frozen.createCDPSession();
    const { windowId } = await session.send('Browser.getWindowForTarget');
    const windowState = (state: 'minimized' | 'normal') =>
      session.send('Browser.setWindowBounds', { windowId, bounds: { windowState: state } });
    await windowState('minimized');
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await elsewhere(HIDDEN_MS);
    const thawed = Date.now();
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await reaches(frozen, 'joined', 5000);
    const states = await frozen.evaluate(() => (globalThis as unknown as { states: string[] }).states);
    t.diagnostic(`thawed: joined after ${Date.now() - thawed} ms; states: ${states.join(', ') || 'none'}`);
    await windowState('normal');
    const back = await Promise.all([framesAfter(frozen, 1, thawed, 10_000), framesAfter(other, 1, thawed, 10_000)]);
    t.diagnostic(`thawed: pictures after ${back.map((ms) => ms.toFixed(0)).join(' and ')} ms`);
    await Promise.all([sees(frozen, 1, 1000), sees(other, 1, 1000)]);
    await Promise.all([seesMoving(frozen, 1, 'it goes on'), seesMoving(other, 1, 'it goes on')]);
    assert.deepEqual(await alerts(frozen), []);
  });
});
