/** The demo as a newcomer meets it: from the front page to a call and a broadcast, on a phone's width, with the keyboard alone. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page, SerializedAXNode } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { faceClip } from '../support/face-clip.ts';
import { deepOne, movesInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const PHONE = { width: 390, height: 844 };
/** More tab stops than any page has. */
const MANY = 40;
const OPERABLE = ['button', 'link', 'textbox', 'slider', 'checkbox', 'combobox'];

/** What has the focus, inside of shadow roots too. */
function focusedInPage(): { text: string; type: string; href: string } {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const text = element?.textContent?.trim() ?? '';
  return { text, type: element?.getAttribute('type') ?? '', href: element?.getAttribute('href') ?? '' };
}

/** Presses Tab until what is wanted has the focus, then Enter. */
async function pressByKeyboard(page: Page, wanted: (focused: ReturnType<typeof focusedInPage>) => boolean): Promise<void> {
  await page.bringToFront();
  for (let stops = 0; stops < MANY; stops++) {
    await page.keyboard.press('Tab');
    if (!wanted(await page.evaluate(focusedInPage))) continue;
    await page.keyboard.press('Enter');
    return;
  }
  throw new Error(`the keyboard does not get there on ${page.url()}`);
}

function nameless(node: SerializedAXNode | null): string[] {
  if (node === null) return ['the page has no accessibility tree'];
  const own = OPERABLE.includes(node.role) && (node.name ?? '').trim() === '' ? [node.role] : [];
  return [...own, ...(node.children ?? []).flatMap(nameless)];
}

describe('the demo', () => {
  let server: TestServer;
  let chromium: Chromium;

  before(async () => {
    server = await startTestServer();
    chromium = await Chromium.launch({ camera: faceClip() });
  });

  after(async () => {
    await chromium?.close();
    await server?.close();
  });

  const open = (path: string, before?: (page: Page) => Promise<unknown>): Promise<Page> =>
    chromium.open(new URL(path, server.url).href, async (page) => {
      await page.setViewport(PHONE);
      await before?.(page);
    });

  const seesSomebodyMove = async (page: Page): Promise<void> => {
    const video = await deepOne<HTMLVideoElement>(page, 'rtc-tile:not([local]) >>> video');
    assert.ok(await video.evaluate(movesInPage, 30_000), `a picture moves on ${page.url()}`);
  };

  test('the keyboard leads from the front page into a call, and a guest by the link into the same one', async () => {
    const host = await open('/');
    const arrived = host.waitForNavigation();
    await pressByKeyboard(host, ({ text, href }) => text === 'Call' && href === 'call.html');
    await arrived;
    // The field has the focus, and an answer in it.
    await host.waitForFunction(() => document.activeElement?.id === 'room');
    await host.keyboard.press('Enter');
    await deepOne(host, 'rtc-tile[local]');
    assert.equal(new URL(host.url()).search, '?room=team', 'the address is the one to pass on');

    const link = await host.$eval('#link', (element) => (element as HTMLAnchorElement).href);
    const guest = await open(link);
    await deepOne(guest, 'rtc-prejoin >>> form');
    await pressByKeyboard(guest, ({ type }) => type === 'submit');
    await seesSomebodyMove(guest);
    await seesSomebodyMove(host);
    await guest.close();
    await host.close();
  });

  test('a name that nobody could broadcast under is asked for again', async () => {
    const page = await open('/live.html?stream=%3F%3F');
    await page.waitForFunction(() => document.activeElement?.id === 'stream');
    await page.keyboard.press('Enter');
    assert.equal(await page.$('rtc-broadcaster'), null);
    await page.keyboard.type('Été à Paris!');
    await page.keyboard.press('Enter');
    await deepOne(page, 'rtc-broadcaster >>> [part~=start-button]');
    assert.equal(await page.$eval('rtc-broadcaster', (element) => element.getAttribute('stream')), 'ete-a-paris');
    await page.close();
  });

  test('the way back from a call is the question', async () => {
    const page = await open('/call.html');
    await page.waitForFunction(() => document.activeElement?.id === 'room');
    await page.keyboard.press('Enter');
    await deepOne(page, 'rtc-tile[local]');
    await page.reload();
    await deepOne(page, 'rtc-prejoin >>> form');
    await page.goBack();
    await page.waitForFunction(() => document.activeElement?.id === 'room');
    await page.close();
  });

  test('the page for viewers says what is on air as it opens, and not only when it looks again', async () => {
    const neverAgain = (page: Page) =>
      page.evaluateOnNewDocument(() => {
        Object.defineProperty(globalThis, 'setInterval', { value: () => 0 });
      });
    const page = await open('/watch.html', neverAgain);
    await page.waitForFunction(() => document.querySelector('#nothing')?.textContent?.startsWith('Nobody'), { timeout: 30_000 });
    await page.close();
  });

  test('who goes live is on the list of the page for viewers, and moves there', async () => {
    const studio = await open('/live.html');
    await studio.waitForFunction(() => document.activeElement?.id === 'stream');
    await studio.keyboard.press('Enter');
    await deepOne(studio, 'rtc-broadcaster >>> [part~=start-button]');
    const audience = await open('/watch.html');
    await pressByKeyboard(studio, ({ text }) => text === 'Go live');
    await audience.bringToFront();
    const entry = await audience.waitForSelector('#now a', { timeout: 30_000 });
    const arrived = audience.waitForNavigation();
    await entry?.focus();
    await audience.keyboard.press('Enter');
    await arrived;
    const video = await deepOne<HTMLVideoElement>(audience, 'hls-viewer >>> video');
    assert.ok(await video.evaluate(movesInPage, 30_000), 'the broadcast moves');
    await audience.waitForFunction(() => /^\d\.\d\d s$/.test(document.querySelector('#latency')?.textContent ?? ''), { timeout: 30_000 });
    await audience.close();
    await studio.close();
  });

  for (const path of [
    '/',
    '/call.html',
    '/lobby.html',
    '/live.html',
    '/watch.html',
    '/faces.html',
    '/call.html?room=a',
    '/live.html?stream=a',
  ]) {
    test(`${path} has a language, a title, names for all that can be operated, and no sideways scroll on a phone`, async () => {
      const page = await open(path);
      await page.waitForFunction(
        () => document.querySelector('#choose:not([hidden]), #stage:not([hidden]), .doors, rtc-lobby, rtc-frames:defined') !== null,
      );
      const seen = await page.evaluate(() => {
        const ids = Array.from(document.querySelectorAll('[id]'), ({ id }) => id);
        return {
          language: document.documentElement.lang,
          title: document.title,
          headings: document.querySelectorAll('h1').length,
          landmarks: document.querySelectorAll('main').length,
          sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          pictures: document.querySelectorAll('img:not([alt])').length,
          doubled: ids.filter((id, index) => ids.indexOf(id) !== index),
        };
      });
      assert.match(seen.title, /Glasscast/);
      const { title: _, ...rest } = seen;
      assert.deepEqual(rest, { language: 'en', headings: 1, landmarks: 1, sideways: 0, pictures: 0, doubled: [] });
      assert.deepEqual(nameless(await page.accessibility.snapshot({ interestingOnly: false })), []);
      await page.close();
    });
  }

  test('has asked no third party, and wrote no error to the console', async () => {
    assert.deepEqual(await chromium.thirdParties([server.url]), []);
    assert.deepEqual(chromium.complaints, []);
  });
});
