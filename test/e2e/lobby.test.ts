/** The lobby as people use it: the demo's page, rooms made in it, people in them, by the keyboard alone, under the strict policy. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const SECRET = 'a secret of more than thirty-two bytes';

/** Waits until an element that matches reads as wanted. */
async function reads(page: Page, selector: string, wanted: string): Promise<void> {
  const found = (path: string, words: string): boolean => deepQuery(path).some((element) => element.textContent?.includes(words));
  await page.waitForFunction(found, { timeout: 30_000, polling: 20 }, selector, wanted);
}

async function createRoom(page: Page, title: string): Promise<void> {
  await (await deepOne<HTMLInputElement>(page, 'rtc-lobby >>> #title')).focus();
  await page.keyboard.type(title);
  await page.keyboard.press('Enter');
}

describe('the lobby', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  const origins: string[] = [];

  before(async () => {
    server = await startTestServer({ maxPeers: 2 });
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const demo = (): Promise<Page> => chromium.open(new URL('/lobby.html', server.url).href);

  test('a room that one makes by keyboard is there for the other at once, and Enter leads into it', async () => {
    const [maker, watcher] = [await demo(), await demo()];
    await reads(watcher, 'rtc-lobby >>> .notice', 'no rooms');
    await maker.bringToFront();
    await createRoom(maker, 'Team Standup');
    await reads(watcher, 'rtc-lobby >>> .open', 'Team Standup');
    await reads(maker, 'rtc-lobby >>> [role=status]', 'is ready');
    const arrived = maker.waitForNavigation();
    await maker.keyboard.press('Enter');
    await arrived;
    assert.equal(new URL(maker.url()).pathname + new URL(maker.url()).search, '/call.html?room=team-standup');
    await maker.close();
    await watcher.close();
  });

  test('shows who is in a room, that it is full, and that it is not any more', async () => {
    const watcher = await demo();
    const call = (name: string): Promise<Page> =>
      chromium.open(site.page(`<rtc-room room="busy" no-prejoin no-audio no-video display-name="${name}"></rtc-room>`));
    const [ana, ben] = [await call('Ana'), await call('Ben')];
    await reads(watcher, 'rtc-lobby >>> [data-slug=busy] .people', 'Ana and Ben');
    await reads(watcher, 'rtc-lobby >>> [data-slug=busy] .count', 'Full: 2 of 2');
    await ben.close();
    await reads(watcher, 'rtc-lobby >>> [data-slug=busy] .count', '1 of 2');
    assert.equal(await (await deepOne(watcher, 'rtc-lobby >>> [data-slug=busy] .people')).evaluate((people) => people.textContent), 'Ana');
    await ana.close();
    await watcher.close();
  });

  test('says at the address that it is taken', async () => {
    const page = await demo();
    await createRoom(page, 'Taken');
    await reads(page, 'rtc-lobby >>> .open', 'Taken');
    await createRoom(page, 'Taken');
    await reads(page, 'rtc-lobby >>> #slug-problem', 'at this address already');
    await page.keyboard.type('taken-2');
    await page.keyboard.press('Enter');
    await deepOne(page, 'rtc-lobby >>> [data-slug=taken-2]');
    await page.close();
  });

  test('on a page of another origin opens rooms by an event, and shows a script in a title as text', async () => {
    const page = await chromium.open(site.page('<rtc-lobby></rtc-lobby>'));
    const opened = page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('rtc-room-open', (event) => resolve((event as CustomEvent<unknown>).detail));
        }),
    );
    const title = '<img src=x onerror=alert(1)>';
    await createRoom(page, title);
    await reads(page, 'rtc-lobby >>> button.open', title);
    await reads(page, 'rtc-lobby >>> [role=status]', 'is ready');
    await page.keyboard.press('Enter');
    assert.deepEqual(await opened, { slug: 'img-src-x-onerror-alert-1', title });
    await page.close();
  });

  test('is closed to whoever may nothing, opens with a token, and explains that rooms are not everybody’s to make', async () => {
    await using guarded = await startTestServer({ secret: SECRET, autoCreate: true });
    origins.push(guarded.url);
    const page = await chromium.open(new URL('/lobby.html', guarded.url).href);
    await reads(page, 'rtc-lobby >>> [role=alert]', 'A token that grants it is needed');
    const token = await signToken(SECRET, { sub: 'ana', name: 'Ana', ttl: 60, grants: [{ room: '*', can: ['join'] }] });
    await page.$eval('rtc-lobby', (lobby, given) => Object.assign(lobby, { token: given }), token);
    await reads(page, 'rtc-lobby >>> .notice', 'no rooms');
    await createRoom(page, 'Mine');
    await reads(page, 'rtc-lobby >>> form > .problem', 'You may not create rooms here');
    assert.equal(await (await deepOne<HTMLInputElement>(page, 'rtc-lobby >>> #title')).evaluate((field) => field.value), 'Mine');
    await page.close();
  });

  test('has asked no third party, and wrote no error to the console', async () => {
    assert.deepEqual(await chromium.thirdParties([server.url, site.origin, ...origins]), []);
    assert.deepEqual(chromium.complaints, []);
  });
});
