/** A room where things are not as usual: nothing granted, no sound allowed, elements moved and removed, servers gone, no mouse. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { keepStreams, openTracks } from '../support/kept-streams.ts';
import { deepAll, deepOne, loudnessInPage, movesInPage } from '../support/media-probe.ts';
import { reaches, roomTag, words } from '../support/room-page.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Room extends HTMLElement {
  readonly state: string;
  readonly peerId: string | undefined;
  readonly peers: readonly { readonly id: string; readonly microphone: boolean; readonly camera: boolean }[];
  readonly microphoneEnabled: boolean;
  readonly cameraEnabled: boolean;
}

const REMOTE = 'rtc-tile:not([local]) >>> video';
const ALERT = 'rtc-room >>> [role=alert] > span:first-child';
const SOUND = 'rtc-room >>> [part=sound]';
/** Well above the noise of a silent line, well below the fake microphone's beep. */
const AUDIBLE = 0.02;
const DIST = path.resolve(import.meta.dirname, '../../dist');

async function sees(page: Page, remotes: number, timeout = 30_000): Promise<void> {
  const wanted = (selector: string, count: number): boolean => deepQuery(selector).length === count;
  await page.waitForFunction(wanted, { timeout, polling: 20 }, REMOTE, remotes);
}

async function moves(page: Page, message: string): Promise<void> {
  const video = await deepOne<HTMLVideoElement>(page, REMOTE);
  assert.ok(await video.evaluate(movesInPage, 30_000), message);
}

describe('a room', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  const pages: Page[] = [];

  before(async () => {
    server = await startTestServer({ maxPeers: 2 });
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const open = async (body: string, before?: (page: Page) => Promise<unknown>): Promise<Page> => {
    const page = await chromium.open(site.page(body), before);
    pages.push(page);
    return page;
  };

  test('says that it is full, and lets in who tries again when somebody has left', async () => {
    const first = await open(roomTag('full', 'no-prejoin no-audio no-video'));
    const second = await open(roomTag('full', 'no-prejoin no-audio no-video'));
    await Promise.all([reaches(first, 'joined'), reaches(second, 'joined')]);
    const third = await open(roomTag('full', 'no-prejoin no-audio no-video'));
    assert.match(await words(third, ALERT, 'full'), /^This room is full\. Try again when someone has left\./);
    await first.close();
    pages.splice(pages.indexOf(first), 1);
    await sees(second, 0);
    await (await deepOne<HTMLButtonElement>(third, 'rtc-prejoin >>> button[type=submit]')).click();
    await reaches(third, 'joined');
    assert.deepEqual(await deepAll(third, ALERT), []);
  });

  test('goes on saying that the camera is blocked when it is joined after the refusal', async () => {
    const page = await open(roomTag('refused'), (fresh) =>
      fresh.evaluateOnNewDocument(() => {
        // As where the user has blocked the page for good: no prompt, and no time passes.
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      }),
    );
    await reaches(page, 'joined');
    assert.match(await words(page, ALERT, 'blocked'), /^Camera and microphone are blocked\./);
    await page.evaluate(() => (document.querySelector('rtc-room') as unknown as { leave(): Promise<void> }).leave());
    assert.deepEqual(await deepAll(page, ALERT), [], 'of a call that was left nothing is wrong any more');
  });

  test('that is moved in the document goes on with its call', async () => {
    const page = await open(`<main></main>${roomTag('moved')}`);
    const other = await open(roomTag('moved'));
    await Promise.all([moves(page, 'both are in the call'), moves(other, 'both are in the call')]);
    const before = await page.evaluate(() => {
      const room = document.querySelector<Room>('rtc-room');
      const heard: string[] = [];
      for (const type of ['rtc-leave', 'rtc-state', 'rtc-peer-leave']) room?.addEventListener(type, () => heard.push(type));
      Object.assign(globalThis, { heard });
      document.querySelector('main')?.append(room ?? '');
      return room?.peerId;
    });
    await moves(page, 'the picture of the other goes on moving');
    await moves(other, 'so does the one that the other sees');
    const now = await page.evaluate(() => ({
      id: document.querySelector<Room>('main rtc-room')?.peerId,
      heard: (globalThis as unknown as { heard: string[] }).heard,
    }));
    assert.deepEqual(now, { id: before, heard: [] });
  });

  test('that is removed closes camera and microphone, and leaves', async () => {
    const page = await open(roomTag('removed'), (fresh) => fresh.evaluateOnNewDocument(keepStreams));
    const other = await open(roomTag('removed'));
    await Promise.all([sees(page, 1), sees(other, 1)]);
    await page.waitForFunction(() => keptStreams.length > 0);
    assert.deepEqual((await openTracks(page)).toSorted(), ['audio', 'video']);
    await page.evaluate(() => document.querySelector('rtc-room')?.remove());
    await sees(other, 0);
    assert.deepEqual(await openTracks(page), []);
  });

  test('is used with the keyboard alone', async () => {
    const page = await open(roomTag('keys', 'display-name="Ada"'), (fresh) => fresh.evaluateOnNewDocument(keepStreams));
    // With what its preview adds to it.
    await deepOne(page, 'rtc-prejoin:state(previewing) >>> [part=microphone]');
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element?.getAttribute('aria-label') ?? element?.getAttribute('name') ?? element?.textContent?.trim() ?? '';
      });
    const becomes = (name: string): Promise<unknown> =>
      page.waitForFunction(
        (wanted) => {
          let element = document.activeElement;
          while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
          return (element?.getAttribute('aria-label') ?? element?.textContent?.trim()) === wanted;
        },
        { polling: 20 },
        name,
      );
    const inChat = (): Promise<boolean> =>
      page.evaluate(() => deepQuery('rtc-chat').some((chat) => chat.shadowRoot?.activeElement?.localName === 'textarea'));
    for (let presses = 0; (await focused()) !== 'name' && presses < 4; presses++) await page.keyboard.press('Tab');
    assert.equal(await focused(), 'name');
    await page.keyboard.type('Ana');
    for (let presses = 0; (await focused()) !== 'Join' && presses < 12; presses++) await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Join');
    await page.keyboard.press('Enter');
    await reaches(page, 'joined');
    await page.waitForFunction(() => document.querySelector<Room>('rtc-room')?.cameraEnabled, { polling: 20 });

    // Joined, the focus is where the form was: on the first of the controls.
    await becomes('Microphone on, mute');
    await page.keyboard.press('Space');
    await becomes('Microphone off, unmute');
    assert.equal(await page.evaluate(() => document.querySelector<Room>('rtc-room')?.microphoneEnabled), false);
    await deepOne(page, 'rtc-tile:state(muted)');

    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Camera on, turn off');
    await page.keyboard.press('Enter');
    await becomes('Camera off, turn on');
    assert.deepEqual(await openTracks(page), ['audio'], 'the camera’s light is off');

    // Letters are shortcuts, but in a field they are what is written.
    await page.keyboard.press('c');
    await page.waitForFunction(() => deepQuery('rtc-chat >>> textarea').length > 0, { polling: 20 });
    for (let presses = 0; !(await inChat()) && presses < 8; presses++) await page.keyboard.press('Tab');
    await page.keyboard.type('mvp');
    await page.keyboard.press('Enter');
    await words(page, 'rtc-chat >>> [part~=body]', 'mvp');
    assert.deepEqual(await openTracks(page), ['audio'], 'what was typed turned nothing on');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => deepQuery('rtc-chat').length === 0, { polling: 20 });
    await page.keyboard.press('p');
    await page.waitForFunction(() => deepQuery('rtc-roster').length > 0, { polling: 20 });
    await page.keyboard.press('p');
    await page.waitForFunction(() => deepQuery('rtc-roster').length === 0, { polling: 20 });
    for (let presses = 0; !(await focused()).startsWith('Leave the call') && presses < 12; presses++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await reaches(page, 'left');
    await becomes('Join');
    assert.deepEqual(await openTracks(page), []);
  });

  test('keeps the call while the server is away, and is back in it without a click', async (t) => {
    const own = await startTestServer();
    const ownSite = await startEmbeddingSite(own.url);
    let again: TestServer | undefined;
    try {
      const bodies = ['Ada', 'Grace'].map((name) => ownSite.page(roomTag('restart', `no-prejoin display-name="${name}"`)));
      for (const url of bodies) pages.push(await chromium.open(url));
      for (const page of pages) await moves(page, 'everybody sees the other');
      await own.close(0);
      for (const page of pages) await reaches(page, 'reconnecting');
      for (const page of pages) await moves(page, 'pictures go on while there is no server');
      const restarted = performance.now();
      again = await startTestServer({ port: own.port });
      for (const page of pages) await reaches(page, 'joined');
      t.diagnostic(`joined again ${(performance.now() - restarted).toFixed(0)} ms after the restart began`);
      for (const page of pages) await moves(page, 'everybody sees the other again, or still');
      const [ada, grace] = pages;
      if (!ada || !grace) throw new Error('nobody is in the room');
      await ada.evaluate(() =>
        (document.querySelector('rtc-room') as unknown as { setMicrophoneEnabled(on: boolean): unknown }).setMicrophoneEnabled(false),
      );
      await grace.waitForFunction(() => document.querySelector<Room>('rtc-room')?.peers.some((peer) => !peer.microphone), { polling: 20 });
      for (const page of pages) await sees(page, 1);
    } finally {
      await Promise.all(pages.splice(0).map((page) => page.close()));
      await ownSite.close();
      await again?.close();
    }
  });

  test('in a bundle, on an origin that has no such server, says which attribute is missing', async () => {
    const bundled = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://site');
      if (pathname === '/') {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(
          `<!doctype html><script type="module" src="/glasscast.js"></script>${roomTag('team', 'no-prejoin no-audio no-video')}`,
        );
      } else {
        readFile(path.join(DIST, pathname)).then(
          (file) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(file),
          () => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
        );
      }
    });
    await new Promise<void>((resolve) => bundled.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(bundled.address() as AddressInfo).port}`;
    const page = await chromium.open(`${origin}/`);
    try {
      assert.equal(
        await words(page, ALERT, 'no live video server'),
        `There is no live video server at ${origin}. Set the attribute server to its address.`,
      );
    } finally {
      await page.close();
      bundled.close();
      bundled.closeAllConnections();
    }
  });
});

describe('a room in a browser that asks first', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch({ without: ['--use-fake-ui', '--autoplay-policy'] });
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  test('without permission receives only, says so, and asks again when told to', async () => {
    const otherSite = await startEmbeddingSite(server.url);
    const context = chromium.browser.defaultBrowserContext();
    await context.overridePermissions(otherSite.origin, ['camera', 'microphone']);
    await context.overridePermissions(site.origin, []);
    const other = await chromium.open(otherSite.page(roomTag('denied')));
    const page = await chromium.open(site.page(roomTag('denied')));
    try {
      assert.match(
        await words(page, ALERT, 'blocked'),
        /^Camera and microphone are blocked\. Allow them in the address bar, then try again\./,
      );
      await reaches(page, 'joined');
      await moves(page, 'who gave no camera sees those who did');
      assert.equal(await other.evaluate(() => document.querySelector<Room>('rtc-room')?.peers[0]?.camera), false);

      await context.overridePermissions(site.origin, ['camera', 'microphone']);
      await (await deepOne<HTMLButtonElement>(page, 'rtc-room >>> [role=alert] button')).click();
      await page.waitForFunction(() => document.querySelector<Room>('rtc-room')?.cameraEnabled, { polling: 20 });
      await moves(other, 'and is seen when it is granted');
      assert.deepEqual(await deepAll(page, ALERT), []);
    } finally {
      await Promise.all([other.close(), page.close(), otherSite.close()]);
    }
  });

  test('whose sound is blocked shows the pictures and one prompt; a tap gives sound', async () => {
    await chromium.browser.defaultBrowserContext().overridePermissions(site.origin, ['camera', 'microphone']);
    const others = [await chromium.open(site.page(roomTag('silent'))), await chromium.open(site.page(roomTag('silent')))];
    for (const other of others) await sees(other, 1);
    // Whatever puppeteer evaluates counts as a gesture of the user: not before both tiles have met the refusal.
    const { promise: bothBlocked, resolve } = Promise.withResolvers<void>();
    let blocked = 0;
    const page = await chromium.open(site.page(roomTag('silent', 'no-prejoin no-audio no-video')), (fresh) => {
      fresh.on('console', (message) => {
        if (message.text() === 'rtc-sound-blocked' && ++blocked === 2) resolve();
      });
      // biome-ignore lint/suspicious/noConsole: the one way out of the page that is no gesture
      return fresh.evaluateOnNewDocument(() => addEventListener('rtc-sound-blocked', ({ type }) => console.info(type)));
    });
    await bothBlocked;
    await moves(page, 'pictures need no tap');
    assert.equal(await words(page, SOUND, 'hear'), 'Tap to hear the others');
    assert.equal((await deepAll(page, SOUND)).length, 1);
    const muted = (): Promise<boolean[]> =>
      page.evaluate((selector) => deepQuery(selector).map((video) => (video as HTMLVideoElement).muted), REMOTE);
    assert.deepEqual(await muted(), [true, true]);

    await (await deepOne<HTMLButtonElement>(page, SOUND)).click();
    await page.waitForFunction(
      (selector) => deepQuery(selector).every((video) => !(video as HTMLVideoElement).muted && !(video as HTMLVideoElement).paused),
      { polling: 20 },
      REMOTE,
    );
    const peak = await (await deepOne<HTMLVideoElement>(page, REMOTE)).evaluate(loudnessInPage, AUDIBLE, 20_000);
    assert.ok(peak >= AUDIBLE, `a level of ${peak.toFixed(4)} is heard`);
    assert.deepEqual(await deepAll(page, SOUND), []);
    await Promise.all([page, ...others].map((one) => one.close()));
  });
});
