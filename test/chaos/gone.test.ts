/** Somebody goes without pressing the button: by another page, a closed tab, a crash, a machine that dies. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, type TestContext, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { alerts, peersOf, type Room, roomTag, sees, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { LoneChromium } from '../support/lone-chromium.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const STATUS = 'rtc-tile:not([local]) >>> [part=status]';
/** Who said goodbye is gone within this. */
const BYE_MS = 1000;
/** ICE alone needs some 8 s to notice; a lost socket tells at once, and the picture is then watched each second. */
const SAYS_SO_MS = 4000;
/** After that a tile stays for 5 s more, for who may come back. */
const GONE_MS = SAYS_SO_MS + 6000;

describe('who goes without pressing the button', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  let goes: LoneChromium;
  let stays: Page;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
  });

  afterEach(async () => {
    await stays?.close();
    await goes?.close();
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const callOfTwo = async (room: string): Promise<Page> => {
    stays = await chromium.open(site.page(roomTag(room, 'Stays')));
    goes = await LoneChromium.launch();
    const page = await goes.open(site.page(roomTag(room, 'Goes')));
    await Promise.all([seesMoving(stays, 1, 'both see each other'), sees(page, 1)]);
    return page;
  };

  const goneWithin = async (t: TestContext, what: string, limit: number, since: number): Promise<void> => {
    await sees(stays, 0, limit);
    t.diagnostic(`${what}: the tile was gone after ${Date.now() - since} ms`);
    assert.deepEqual(await peersOf(stays), []);
    assert.deepEqual(await alerts(stays), []);
  };

  test('to another page, is gone within a second', async (t) => {
    const page = await callOfTwo('another-page');
    const since = Date.now();
    await Promise.all([page.goto('about:blank'), goneWithin(t, 'another page', BYE_MS, since)]);
  });

  test('by closing the tab, is gone within a second', async (t) => {
    const page = await callOfTwo('closed-tab');
    const since = Date.now();
    await Promise.all([page.close(), goneWithin(t, 'closed tab', BYE_MS, since)]);
  });

  test('by reloading, is there once and not twice', async (t) => {
    const page = await callOfTwo('reload');
    const [before] = await peersOf(stays);
    const since = Date.now();
    const most = stays.evaluate(async () => {
      let tiles = 0;
      const end = performance.now() + 3000;
      while (performance.now() < end) {
        tiles = Math.max(tiles, deepQuery('rtc-tile:not([local])').length);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return tiles;
    });
    await page.reload();
    const another = (id: string | undefined): boolean => {
      const peers = document.querySelector<Room>('rtc-room')?.peers ?? [];
      return peers.length === 1 && peers[0]?.id !== id && peers[0]?.link === 'connected';
    };
    await stays.waitForFunction(another, { timeout: 5000, polling: 20 }, before?.id);
    t.diagnostic(`a reload: back after ${Date.now() - since} ms`);
    assert.equal(await most, 1);
    await seesMoving(stays, 1, 'and moves again');
  });

  const saysSoAndGoes = async (t: TestContext, what: string, kill: () => Promise<unknown>): Promise<void> => {
    const since = Date.now();
    const killing = kill();
    const shown = await stays.waitForFunction(
      (status) => deepQuery(status)[0]?.textContent?.trim(),
      { timeout: SAYS_SO_MS, polling: 20 },
      STATUS,
    );
    t.diagnostic(`${what}: the tile said “${await shown.jsonValue()}” after ${Date.now() - since} ms`);
    await goneWithin(t, what, GONE_MS, since);
    await killing;
  };

  test('by a crash of the tab, has a tile that says so at once and goes 5 s later', async (t) => {
    const page = await callOfTwo('crash');
    const session = await page.createCDPSession();
    await saysSoAndGoes(t, 'crashed tab', () => {
      const { promise: crashed, resolve } = Promise.withResolvers<unknown>();
      page.once('error', resolve);
      // It is never answered.
      session.send('Page.crash').catch(() => undefined);
      return crashed;
    });
  });

  test('by the end of the browser, has a tile that says so at once and goes 5 s later', async (t) => {
    await callOfTwo('killed');
    await saysSoAndGoes(t, 'killed browser', () => goes.kill());
  });
});
