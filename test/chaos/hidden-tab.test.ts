/** A tab that nobody looks at, in a browser that throttles it, and one that the browser freezes altogether. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as elsewhere } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { LIMITS } from '../../src/protocol/limits.ts';
import { alerts, reaches, roomTag, sees, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { framesAfter, logFrames, longestStill } from '../support/frame-log.ts';
import { LoneChromium } from '../support/lone-chromium.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/** Longer than the server lets a silent socket live. */
const HIDDEN_MS = LIMITS.silenceMs + 10_000;

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
