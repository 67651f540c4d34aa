/** Firefox and Chromium in one call, whoever is there first, on an origin of their own under the strict policy. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { findFirefox, missing } from '../../tools/find-program.ts';
import { alerts, leave, REMOTE, reaches, roomTag, sees, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { Firefox, recordedLoudnessInPage } from '../support/firefox.ts';
import { deepOne, movesInPage } from '../support/media-probe.ts';
import { call } from '../support/room-page.ts';
import { CAMERA, keepMessages, messages, SCREEN, shareCanvas } from '../support/screen-and-data.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { Stopwatch } from '../support/stopwatch.ts';

/** Well above the noise of a silent line, well below the fake microphones. */
const AUDIBLE = 0.02;
const GONE_MS = 2000;
/** Firefox closes the sockets of a page before `pagehide`: there is no goodbye, and a tile waits 5 s for who may come back. */
const LOST_MS = 10_000;

describe('Firefox and Chromium', { skip: missing(findFirefox) }, () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  let firefox: Firefox;
  const pages: Page[] = [];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    [chromium, firefox] = await Promise.all([Chromium.launch(), Firefox.launch()]);
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });

  after(async () => {
    await firefox?.close();
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const open = async (browser: Chromium | Firefox, room: string, before?: (page: Page) => Promise<unknown>): Promise<Page> => {
    const name = browser === firefox ? 'Fox' : 'Chrome';
    const page = await browser.open(site.page(roomTag(room, name)), before);
    pages.push(page);
    await reaches(page, 'joined');
    return page;
  };

  const seesAndHears = async (page: Page, who: string): Promise<void> => {
    await seesMoving(page, 1, `${who} sees a picture that moves`);
    const video = await deepOne<HTMLVideoElement>(page, REMOTE);
    const peak = await video.evaluate(recordedLoudnessInPage, AUDIBLE, 30_000);
    assert.ok(peak >= AUDIBLE, `${who} hears a level of ${peak.toFixed(4)}`);
    assert.equal(await video.evaluate((element) => element.muted), false, 'what others say is not muted');
    assert.deepEqual(await alerts(page), []);
  };

  const goesWithin = async (
    page: Page,
    what: string,
    t: { diagnostic(text: string): void },
    go: () => Promise<unknown>,
    limit = GONE_MS,
  ): Promise<void> => {
    const started = performance.now();
    using watch = new Stopwatch();
    const [, gone] = await Promise.all([go(), sees(page, 0).then(() => performance.now())]);
    t.diagnostic(`${what}: tile gone after ${(gone - started).toFixed(0)} ms`);
    watch.assertBelow(limit, gone - started);
  };

  test('see and hear each other when Firefox is there first', async (t) => {
    const fox = await open(firefox, 'fox-first');
    const started = performance.now();
    const chrome = await open(chromium, 'fox-first');
    await Promise.all([sees(fox, 1), sees(chrome, 1)]);
    t.diagnostic(`both tiles ${(performance.now() - started).toFixed(0)} ms after Chromium began to open its page`);
    await Promise.all([seesAndHears(fox, 'Firefox'), seesAndHears(chrome, 'Chromium')]);
  });

  test('see and hear each other when Chromium is there first', async (t) => {
    const chrome = await open(chromium, 'chrome-first');
    const started = performance.now();
    const fox = await open(firefox, 'chrome-first');
    await Promise.all([sees(fox, 1), sees(chrome, 1)]);
    t.diagnostic(`both tiles ${(performance.now() - started).toFixed(0)} ms after Firefox began to open its page`);
    await Promise.all([seesAndHears(fox, 'Firefox'), seesAndHears(chrome, 'Chromium')]);
  });

  test('see each other in a call of three, with two of one kind', async () => {
    const people = [await open(chromium, 'three'), await open(firefox, 'three'), await open(firefox, 'three')];
    for (const page of people) await seesMoving(page, 2, 'everybody sees both others');
  });

  // Who gives way is a matter of chance.
  for (const round of ['once', 'again']) {
    test(`share their first screens at the same time, and their pages send each other data: ${round}`, async () => {
      const room = `share-${round}`;
      const before = async (page: Page): Promise<void> => {
        await page.evaluateOnNewDocument(shareCanvas, false);
        await page.evaluateOnNewDocument(keepMessages);
      };
      const [fox, chrome] = [await open(firefox, room, before), await open(chromium, room, before)];
      await Promise.all([fox, chrome].map((page) => sees(page, 1)));
      assert.deepEqual(await Promise.all([fox, chrome].map((page) => call(page, 'startScreenShare'))), [null, null]);
      for (const page of [fox, chrome]) {
        for (const kind of [SCREEN, CAMERA]) {
          const video = await deepOne<HTMLVideoElement>(page, kind);
          assert.ok(await video.evaluate(movesInPage, 30_000), `${kind} moves on ${page === fox ? 'Firefox' : 'Chromium'}`);
        }
      }
      assert.deepEqual(
        await Promise.all([
          call(fox, 'sendMessage', 'from Firefox', { direct: true }),
          call(chrome, 'sendMessage', 'from Chromium', { direct: true }),
        ]),
        [null, null],
      );
      for (const [page, sent] of [
        [fox, 'from Chromium'],
        [chrome, 'from Firefox'],
      ] as const) {
        await page.waitForFunction(() => (globalThis as unknown as { messages: unknown[] }).messages.length > 0, { polling: 20 });
        assert.deepEqual(await messages(page), [sent]);
      }
    });
  }

  test('when Firefox leaves, Chromium shows it no longer within 2 s', async (t) => {
    const [fox, chrome] = [await open(firefox, 'fox-leaves'), await open(chromium, 'fox-leaves')];
    await Promise.all([sees(fox, 1), sees(chrome, 1)]);
    await goesWithin(chrome, 'Firefox left', t, () => leave(fox));
  });

  test('when Chromium leaves, Firefox shows it no longer within 2 s', async (t) => {
    const [fox, chrome] = [await open(firefox, 'chrome-leaves'), await open(chromium, 'chrome-leaves')];
    await Promise.all([sees(fox, 1), sees(chrome, 1)]);
    await goesWithin(fox, 'Chromium left', t, () => leave(chrome));
  });

  test('when Firefox goes to another page, Chromium shows it no longer within 10 s', async (t) => {
    const [fox, chrome] = [await open(firefox, 'fox-closes'), await open(chromium, 'fox-closes')];
    await Promise.all([sees(fox, 1), sees(chrome, 1)]);
    await goesWithin(chrome, 'Firefox went elsewhere', t, () => fox.goto('about:blank'), LOST_MS);
  });

  test('neither had anything to complain of', () => {
    assert.deepEqual(firefox.complaints, []);
    assert.deepEqual(chromium.complaints, []);
  });
});
