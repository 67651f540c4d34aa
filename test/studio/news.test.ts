/** What the server decides about a broadcast, said in the studio. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne } from '../support/media-probe.ts';
import { startTestServer } from '../support/server.ts';

type Broadcaster = HTMLElement & { readonly state: string; start(): Promise<void> };

const LONGEST_MS = 3_000;

describe('the studio', () => {
  let studio: Chromium;
  const ends: (() => Promise<unknown>)[] = [];

  before(async () => {
    studio = await Chromium.launch();
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(() => studio?.close());

  const goLive = async (settings: Parameters<typeof startTestServer>[0], attributes: string, language = 'en'): Promise<Page> => {
    const server = await startTestServer(settings);
    ends.push(() => server.close(0));
    const site = await startEmbeddingSite(server.url);
    ends.push(() => site.close());
    const page = await studio.open(
      site.page(`<rtc-broadcaster stream="news" capture-width="640" capture-height="480" record ${attributes}></rtc-broadcaster>`),
    );
    ends.push(() => page.close());
    await page.evaluate(async (lang) => {
      document.documentElement.lang = lang;
      await customElements.whenDefined('rtc-broadcaster');
      await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
    }, language);
    return page;
  };

  const says = (page: Page, part: string, words: string): Promise<unknown> =>
    page.waitForFunction(
      (selector, wanted) => deepQuery(selector).some(({ textContent }) => textContent?.includes(wanted)),
      { timeout: 10_000, polling: 50 },
      `[part="${part}"]`,
      words,
    );

  for (const transport of ['channel', 'http']) {
    test(`says over ${transport} that a broadcast is recorded, and that it has lasted as long as it may`, { timeout: 40_000 }, async () => {
      const page = await goLive({ maxDuration: LONGEST_MS }, `transport="${transport}"`);
      await says(page, 'recording', 'Recording');
      await says(page, 'error', 'as long as the server allows');
      const recording = await page.evaluate(() => deepQuery('[part="recording"]').length);
      assert.equal(recording, 0, 'nothing is recorded any more');
    });

    test(`says over ${transport} why a broadcast is not recorded, in the language of the page`, { timeout: 40_000 }, async () => {
      const page = await goLive({ record: false }, `transport="${transport}"`, 'de');
      await says(page, 'notice', 'Die Übertragung wird nicht aufgenommen');
      assert.equal(await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state), 'live');
    });
  }

  /** A server that was updated meanwhile: what of it has not been loaded has another name by now. */
  const updated = async (page: Page, gone: RegExp): Promise<void> => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (!gone.test(request.url())) void request.continue();
      else void request.respond({ status: 404, headers: { 'access-control-allow-origin': '*' } });
    });
  };

  test('says that the page is to be reloaded where the server was updated since it was opened', { timeout: 40_000 }, async () => {
    const server = await startTestServer();
    ends.push(() => server.close(0));
    const site = await startEmbeddingSite(server.url);
    ends.push(() => site.close());
    const page = await studio.open(site.page('<rtc-broadcaster stream="updated"></rtc-broadcaster>'));
    ends.push(() => page.close());
    const settings = await deepOne<HTMLElement>(page, 'rtc-studio-controls >>> [part=settings]');
    await updated(page, /encoder-check|rtc-studio-settings/);
    await settings.evaluate((button) => button.click());
    await says(page, 'notice', 'Reload the page');
    const code = await page.evaluate(() =>
      document
        .querySelector<Broadcaster>('rtc-broadcaster')
        ?.start()
        .catch((error: { code: string }) => error.code),
    );
    assert.equal(code, 'version');
    await says(page, 'error', 'Reload the page');
    studio.complaints.splice(0);
  });
});
