/** What people do in a room on any day: chat, share, choose devices, moderate; with real pages, links and server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { keepStreams, openTracks } from '../support/kept-streams.ts';
import { deepOne, loudnessInPage, movesInPage } from '../support/media-probe.ts';
import { startPlainPhoenix } from '../support/plain-phoenix.ts';
import { call, counts, reaches, roomTag, words } from '../support/room-page.ts';
import { CAMERA, keepMessages, messages, SCREEN, shareCanvas } from '../support/screen-and-data.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const ALERT = 'rtc-room >>> [role=alert]';
const MESSAGE = 'rtc-chat >>> [part~=body]';
const AUDIBLE = 0.02;

/** Runs in the page: counts the descriptions that its links make. */
function countOffers(): void {
  Object.assign(globalThis, { offers: 0 });
  const describeLocally = RTCPeerConnection.prototype.setLocalDescription;
  RTCPeerConnection.prototype.setLocalDescription = function (this: RTCPeerConnection, ...args: unknown[]) {
    (globalThis as unknown as { offers: number }).offers += 1;
    return (describeLocally as (...args: unknown[]) => Promise<void>).apply(this, args);
  } as typeof describeLocally;
}

const offers = (page: Page): Promise<number> => page.evaluate(() => (globalThis as unknown as { offers: number }).offers);

async function openPanel(page: Page, panel: string): Promise<void> {
  const controls = await deepOne(page, 'rtc-controls');
  await controls.evaluate((element, name) => {
    element.dispatchEvent(
      new CustomEvent('rtc-panel-request', { detail: { panel: name }, bubbles: true, composed: true, cancelable: true }),
    );
  }, panel);
  await deepOne(page, `rtc-${panel}`);
}

describe('a day in a room', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  const pages: Page[] = [];

  before(async () => {
    server = await startTestServer({ maxPeers: 3 });
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

  const two = async (room: string, before?: (page: Page) => Promise<unknown>): Promise<[Page, Page]> => {
    const ana = await open(roomTag(room, 'no-prejoin display-name="Ana"'), before);
    await reaches(ana, 'joined');
    const ben = await open(roomTag(room, 'no-prejoin display-name="Ben"'), before);
    for (const page of [ana, ben]) await counts(page, 'rtc-tile:state(picture)', 2);
    return [ana, ben];
  };

  test('the preview’s tracks are taken into the call: one prompt', async () => {
    const page = await open(roomTag('preview', 'display-name="Ana"'), (fresh) => fresh.evaluateOnNewDocument(keepStreams));
    await deepOne(page, 'rtc-prejoin:state(previewing) >>> video');
    await page.waitForFunction(() => keptStreams.length > 0, { polling: 20 });
    await (await deepOne<HTMLButtonElement>(page, 'rtc-prejoin >>> button[type=submit]')).click();
    await reaches(page, 'joined');
    await deepOne(page, 'rtc-tile[local]:state(picture)');
    assert.equal(await page.evaluate(() => keptStreams.length), 1);
    assert.deepEqual((await openTracks(page)).sort(), ['audio', 'video']);
    await call(page, 'leave');
    assert.deepEqual(await openTracks(page), [], 'no light stays on');
  });

  test('what is turned off in the preview stays off in the call', async () => {
    const page = await open(roomTag('preview-off', 'display-name="Ana"'), (fresh) => fresh.evaluateOnNewDocument(keepStreams));
    await (await deepOne<HTMLButtonElement>(page, 'rtc-prejoin >>> [part~=camera][aria-pressed=true]')).click();
    await (await deepOne<HTMLButtonElement>(page, 'rtc-prejoin >>> [part~=microphone][aria-pressed=true]')).click();
    await deepOne(page, 'rtc-prejoin >>> [part~=microphone][aria-pressed=false]');
    await (await deepOne<HTMLButtonElement>(page, 'rtc-prejoin >>> button[type=submit]')).click();
    await reaches(page, 'joined');
    await deepOne(page, 'rtc-tile[local]:state(muted)');
    assert.deepEqual(await openTracks(page), ['audio'], 'the camera is off; the microphone is muted in place');
  });

  test('chat reaches everybody, late comers too, shows markup as text, and counts what was not read', async () => {
    const [ana, ben] = await two('chat');
    assert.equal(await call(ana, 'sendMessage', 'Hello <img src=x onerror=alert(1)>'), null);
    await deepOne(ben, 'rtc-controls >>> [part~=chat] [part~=badge]');
    await openPanel(ben, 'chat');
    assert.equal(await words(ben, MESSAGE, 'Hello'), 'Hello <img src=x onerror=alert(1)>');
    assert.equal(await call(ben, 'sendMessage', 'Hi Ana'), null);
    const eve = await open(roomTag('chat', 'no-prejoin display-name="Ana" no-video no-audio'));
    await reaches(eve, 'joined');
    await openPanel(eve, 'chat');
    await counts(eve, MESSAGE, 2);
    await words(eve, 'rtc-tile >>> [part~=label]', 'Ana 2');
    assert.equal(await call(eve, 'sendMessage', 'x'.repeat(501)), 'invalid');
  });

  test('nothing that was written is lost over a cut socket', async () => {
    const [ana, ben] = await two('chat-cut');
    await openPanel(ben, 'chat');
    const cut = await ben.createCDPSession();
    await cut.send('Network.enable');
    await cut.send('Network.emulateNetworkConditions', { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await call(ana, 'sendMessage', 'while you were away');
    await cut.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await words(ben, MESSAGE, 'while you were away');
    await counts(ben, MESSAGE, 1);
  });

  test('pages send each other data past the server, in order', async () => {
    const [ana, ben] = await two('direct', (page) => page.evaluateOnNewDocument(keepMessages));
    const sent = Array.from({ length: 50 }, (_, index) => ({ index, text: 'ünï' }));
    for (const data of sent) assert.equal(await call(ana, 'sendMessage', data, { direct: true }), null);
    await ben.waitForFunction(() => (globalThis as unknown as { messages: unknown[] }).messages.length >= 50, { polling: 20 });
    assert.deepEqual(await messages(ben), sent);
    assert.equal(await call(ben, 'sendMessage', 'x', { direct: true, to: 'nobody' }), 'no-peer');
    assert.equal(await call(ben, 'sendMessage', 'x'.repeat(70_000), { direct: true }), 'invalid');
    assert.deepEqual(await messages(ana), []);
  });

  test('a screen is shared with its sound beside the camera, also for who comes later, and goes when it ends', async () => {
    const [ana, ben] = await two('screen', (page) => page.evaluateOnNewDocument(shareCanvas));
    assert.equal(await call(ana, 'startScreenShare'), null);
    const shown = await deepOne<HTMLVideoElement>(ben, SCREEN);
    assert.ok(await shown.evaluate(movesInPage, 30_000), 'the screen moves');
    assert.ok((await shown.evaluate(loudnessInPage, AUDIBLE, 20_000)) >= AUDIBLE, 'the screen is heard');
    assert.ok(await (await deepOne<HTMLVideoElement>(ben, CAMERA)).evaluate(movesInPage, 30_000), 'the camera goes on');
    const late = await open(roomTag('screen', 'no-prejoin display-name="Cem" no-video no-audio'));
    const seenLate = await deepOne<HTMLVideoElement>(late, SCREEN);
    assert.ok(await seenLate.evaluate(movesInPage, 30_000), 'who comes late sees it');
    await late.waitForFunction((selector) => (deepQuery(selector)[0] as HTMLVideoElement | undefined)?.videoWidth === 640, {}, SCREEN);
    await call(ana, 'stopScreenShare');
    for (const page of [ben, late]) await counts(page, SCREEN, 0);
    // Again, and by the other one: what was opened for the first share serves the next.
    assert.equal(await call(ben, 'startScreenShare'), null);
    const back = await deepOne<HTMLVideoElement>(ana, SCREEN);
    assert.ok(await back.evaluate(movesInPage, 30_000), 'the other one shares');
  });

  test('microphone and camera are muted and exchanged without another negotiation', async () => {
    const [ana, ben] = await two('devices', (page) => page.evaluateOnNewDocument(countOffers));
    const before = [await offers(ana), await offers(ben)];
    await call(ana, 'setMicrophoneEnabled', false);
    await deepOne(ben, 'rtc-tile:not([local]):state(muted)');
    await call(ana, 'setMicrophoneEnabled', true);
    const other = await ana.evaluate(async () => {
      const devices = await navigator.mediaDevices.enumerateDevices();
      const room = document.querySelector('rtc-room') as unknown as { devices: { live: Record<string, string> } };
      return devices.find(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== room.devices.live['audioinput'])?.deviceId ?? '';
    });
    assert.equal(await call(ana, 'switchDevice', 'audioinput', other), null);
    const remote = await deepOne<HTMLVideoElement>(ben, CAMERA);
    assert.ok((await remote.evaluate(loudnessInPage, AUDIBLE, 20_000)) >= AUDIBLE, 'the other microphone is heard');
    assert.deepEqual([await offers(ana), await offers(ben)], before);
  });

  test('who is removed reads so, and stays out', async () => {
    const [ana, ben] = await two('moderated');
    const id = await ana.evaluate(() => (document.querySelector('rtc-room') as unknown as { peers: { id: string }[] }).peers[0]?.id ?? '');
    assert.equal(await call(ana, 'kick', id), null);
    await reaches(ben, 'failed');
    assert.match(await words(ben, ALERT, 'removed'), /^You were removed from this room by a moderator\./);
    await counts(ana, 'rtc-tile', 1);
    assert.equal(await call(ben, 'join'), 'kicked');
    assert.equal(await call(ana, 'kick', 'nobody'), 'no-peer');
  });

  test('who is muted by a moderator reads so, and can speak again', async () => {
    const [ana, ben] = await two('muted');
    await openPanel(ana, 'roster');
    await ana.evaluate(() => {
      const room = document.querySelector('rtc-room') as unknown as { peers: { id: string }[] } & Element;
      const detail = { peerId: room.peers[0]?.id, kind: 'mic' };
      room.dispatchEvent(new CustomEvent('rtc-mute-request', { detail, bubbles: true, composed: true, cancelable: true }));
    });
    await words(ben, 'rtc-room >>> [part~=notice]', 'Ana has muted you.');
    await deepOne(ana, 'rtc-tile:not([local]):state(muted)');
    await call(ben, 'setMicrophoneEnabled', true);
    await counts(ana, 'rtc-tile:not([local]):state(muted)', 0);
  });

  test('a room that a moderator closes says so to everybody', async () => {
    const [ana, ben] = await two('closed');
    await ana.evaluate(() => {
      document
        .querySelector('rtc-room')
        ?.dispatchEvent(new CustomEvent('rtc-close-request', { bubbles: true, composed: true, cancelable: true }));
    });
    for (const page of [ana, ben]) {
      await reaches(page, 'failed');
      await words(page, ALERT, 'closed this room');
    }
  });

  test('a part that cannot be loaded is told once, and loaded when the network is back', async () => {
    let asked = 0;
    let blocked = true;
    const page = await open(roomTag('parts', 'display-name="Ana"'), async (fresh) => {
      await fresh.setRequestInterception(true);
      fresh.on('request', (request) => {
        const isPart = request.url().includes('rtc-prejoin');
        if (isPart) asked += 1;
        if (isPart && blocked) void request.abort('failed');
        else void request.continue();
      });
    });
    await words(page, ALERT, 'A part of the call could not be loaded.');
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    assert.ok(asked <= 2, `asked ${asked} times`);
    blocked = false;
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await deepOne(page, 'rtc-prejoin >>> form');
    await counts(page, ALERT, 0);
  });

  test('the 4th in a room of 3 reads that it is full', async () => {
    for (let count = 0; count < 3; count++) await reaches(await open(roomTag('three', 'no-prejoin no-audio no-video')), 'joined');
    const fourth = await open(roomTag('three', 'no-prejoin no-audio no-video'));
    await words(fourth, ALERT, 'This room is full.');
  });

  test('a plain Phoenix channel that only broadcasts carries a call of three', async () => {
    const phoenix = await startPlainPhoenix();
    const plainSite = await startEmbeddingSite(server.url, { connect: phoenix.url });
    try {
      const people: Page[] = [];
      for (const name of ['Ana', 'Ben', 'Cem']) {
        people.push(await chromium.open(plainSite.page(roomTag('plain', `no-prejoin display-name="${name}" server="${phoenix.url}"`))));
      }
      pages.push(...people);
      for (const page of people) await counts(page, 'rtc-tile:state(picture)', 3);
      const [ana, ben, cem] = people;
      if (!ana || !ben || !cem) throw new Error('nobody is in the room');
      await words(ana, 'rtc-tile >>> [part~=label]', 'Cem');
      await call(ben, 'sendMessage', 'through a plain channel');
      for (const page of people) {
        await openPanel(page, 'chat');
        await words(page, MESSAGE, 'through a plain channel');
      }
      await call(cem, 'leave');
      for (const page of [ana, ben]) await counts(page, 'rtc-tile', 2);
    } finally {
      await Promise.all(pages.splice(0).map((page) => page.close()));
      await plainSite.close();
      await phoenix.close();
    }
  });
});
