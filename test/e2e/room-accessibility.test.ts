/** Every state that a room and a lobby can be in, as people meet it who do not see it, use no mouse, or want nothing to move. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { RtcRoom } from '../../src/components/rtc-room/rtc-room.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne } from '../support/media-probe.ts';
import { faults, heard, listen, tabStops, unreached, watchMotion } from '../support/page-accessibility.ts';
import { call, counts, focused, reaches, roomTag, words } from '../support/room-page.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const CAMERA = 'rtc-controls >>> [part~=camera]';

/** Small pictures, so that three people fit on one machine. */
const SMALL = 'capture-width="160" capture-height="120" frame-rate="10"';

const page = (tag: string): string => `<main><h1>Team</h1>${tag}</main>`;

/** Runs in the page: stands for a user who shares a screen. */
function shareCanvas(): void {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    let drawn = 0;
    setInterval(() => context?.fillRect(drawn++ % canvas.width, 0, 10, 10), 100);
    return canvas.captureStream(10);
  };
}

/** Runs in the page: as before the user has allowed anything. */
function askFirst(): void {
  navigator.permissions.query = async () => ({ state: 'prompt' }) as PermissionStatus;
}

/** Runs in the page: as where the user has blocked camera and microphone for good. */
function refuseDevices(): void {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
}

async function click(on: Page, selector: string): Promise<void> {
  // As a script does: the pointer stays where it is, and hovers over nothing.
  await (await deepOne<HTMLElement>(on, selector)).evaluate((element) => element.click());
}

async function openPanel(on: Page, panel: 'chat' | 'roster' | 'stats' | 'devices', tag = `rtc-${panel}`): Promise<void> {
  if ((await on.evaluate((name) => deepQuery(name).length, tag)) === 0) await click(on, `rtc-controls >>> [part~=${panel}]`);
  await deepOne(on, tag);
}

const peersOf = (on: Page): Promise<{ id: string; name: string }[]> =>
  on.evaluate(() => (document.querySelector('rtc-room') as RtcRoom).peers.map(({ id, name }) => ({ id, name })));

/** What assistive technology is told that the tiles are. */
async function tileNames(on: Page): Promise<string[]> {
  const names: string[] = [];
  const visit = (node: { role: string; name?: string; children?: never[] }): void => {
    if (node.role === 'group' && node.name) names.push(node.name);
    for (const child of node.children ?? []) visit(child);
  };
  visit((await on.accessibility.snapshot({ interestingOnly: false })) as never);
  return names;
}

/** Waits until this has been said, and returns everything that was. */
async function hears(on: Page, text: string): Promise<string[]> {
  const wanted = (part: string): boolean => (globalThis as unknown as { heard: string[] }).heard.some((line) => line.includes(part));
  // Without it the comparison shows what was said instead.
  await on.waitForFunction(wanted, { timeout: 30_000, polling: 20 }, text).catch(() => undefined);
  return heard(on);
}

describe('a lobby and a room, to everybody', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  let ana: Page;
  let ben: Page;
  let cem: Page;
  let lobby: Page;

  before(async () => {
    server = await startTestServer({ maxPeers: 3 });
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const open = (tag: string, prepare?: () => void): Promise<Page> =>
    chromium.open(site.page(page(tag)), (fresh) => (prepare ? fresh.evaluateOnNewDocument(prepare) : Promise.resolve()));

  const ringed = async (on: Page): Promise<void> => {
    const stops = await tabStops(on);
    assert.deepEqual(
      stops.filter(({ outline, covered }) => outline < 2 || covered !== null),
      [],
      'the focus is seen, and what has it',
    );
    assert.deepEqual(await unreached(on), [], 'the keyboard reaches everything');
  };

  test('an empty lobby', async () => {
    lobby = await open('<rtc-lobby></rtc-lobby>');
    await words(lobby, 'rtc-lobby >>> [part~=notice]', 'no rooms');
    assert.deepEqual(await faults(lobby), []);
  });

  test('the form before a call', async () => {
    ana = await open(roomTag('team', `display-name="Ana" ${SMALL}`), askFirst);
    await deepOne(ana, 'rtc-prejoin >>> [part~=check]');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
  });

  test('the form with a preview', async () => {
    await click(ana, 'rtc-prejoin >>> [part~=check]');
    await deepOne(ana, 'rtc-prejoin >>> select');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
  });

  test('a call alone', async () => {
    await click(ana, 'rtc-prejoin >>> [type=submit]');
    await reaches(ana, 'joined');
    await deepOne(ana, 'rtc-tile:state(picture)');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
  });

  test('who comes is told politely, once, and takes the focus from nobody', async () => {
    await listen(ana);
    await (await deepOne<HTMLElement>(ana, CAMERA)).focus();
    ben = await open(roomTag('team', 'no-prejoin display-name="Ben" start-camera-off'), shareCanvas);
    cem = await open(roomTag('team', `no-prejoin display-name="Cem" start-muted ${SMALL}`));
    await hearsOnce('polite: Ben joined', 'polite: Cem joined');
    await counts(ana, 'rtc-tile:state(picture)', 2);
    assert.equal(await focused(ana), 'Camera on, turn off');
  });

  const hearsOnce = async (...lines: string[]): Promise<void> => {
    const said: string[] = [];
    for (const line of lines) if (!said.includes(line)) said.push(...(await hears(ana, line)));
    assert.deepEqual(said.toSorted(), lines.toSorted());
  };

  test('a call of three, of whom one is muted and one not seen, says so by name', async () => {
    await deepOne(ana, 'rtc-tile:state(muted)');
    assert.deepEqual(
      (await tileNames(ana)).filter((name) => /Ana|Ben|Cem/.test(name)),
      ['Ana (you)', 'Ben', 'Cem, muted'],
    );
    assert.deepEqual(await faults(ana), []);
  });

  test('a message is told, and opens nothing and takes no focus', async () => {
    await (await deepOne<HTMLElement>(ana, CAMERA)).focus();
    await heard(ana);
    assert.equal(await call(ben, 'sendMessage', 'Shall we begin?'), null);
    await hearsOnce('polite: Ben: Shall we begin?');
    await deepOne(ana, 'rtc-controls >>> [aria-label="Chat, 1 unread"]');
    assert.equal(await focused(ana), 'Camera on, turn off');
    await counts(ana, 'rtc-panel', 0);
  });

  test('the chat: a message is told once by its log, and leaves what is being written', async () => {
    await openPanel(ana, 'chat');
    const field = await deepOne<HTMLTextAreaElement>(ana, 'rtc-chat >>> textarea');
    await field.focus();
    await ana.keyboard.type('Wait');
    await ana.waitForFunction(() => deepQuery('rtc-chat >>> [role=log]')[0]?.ariaLive === 'polite', { polling: 20 });
    await heard(ana);
    assert.equal(await call(ben, 'sendMessage', 'See https://example.org/agenda'), null);
    const said = await hears(ana, 'agenda');
    assert.equal(said.length, 1, said.join('; '));
    assert.equal(await focused(ana), 'Message');
    assert.equal(await field.evaluate(({ value }) => value), 'Wait');
    await ana.keyboard.press('Enter');
    await counts(ana, 'rtc-chat >>> [part~=body]', 3);
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
  });

  test('the list of participants, with what a moderator can do', async () => {
    await openPanel(ana, 'roster');
    await click(ana, 'rtc-roster >>> .more');
    await deepOne(ana, 'rtc-roster >>> .remove');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
    // Where the panel covers the tiles.
    await ana.setViewport({ width: 390, height: 800 });
    await ringed(ana);
    await click(ana, 'rtc-roster >>> .remove');
    await deepOne(ana, 'rtc-roster >>> .cancel');
    assert.deepEqual(await faults(ana), []);
  });

  test('figures of the connection', async () => {
    await openPanel(ana, 'stats');
    await words(ana, 'rtc-stats >>> td', 'bit/s');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
  });

  test('the choice of devices', async () => {
    await openPanel(ana, 'devices', 'rtc-device-picker');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
    await ana.keyboard.press('Escape');
    await counts(ana, 'rtc-panel', 0);
  });

  test('a shared screen, and a pinned tile', async () => {
    assert.equal(await call(ben, 'startScreenShare'), null);
    await deepOne(ana, 'rtc-tile[source=screen]:state(picture)');
    assert.deepEqual(await faults(ana), []);
    await click(ana, 'rtc-tile:not([local]):not([source=screen]) >>> [part~=pin]');
    await deepOne(ana, 'rtc-tile:state(pinned)');
    assert.deepEqual(await faults(ana), []);
    await ringed(ana);
  });

  test('a room that is full', async () => {
    const late = await open(roomTag('team', 'no-prejoin no-audio no-video'));
    await words(late, 'rtc-room >>> [role=alert]', 'full');
    assert.deepEqual(await faults(late), []);
    await ringed(late);
    await late.close();
  });

  test('a lobby with rooms', async () => {
    await words(lobby, 'rtc-lobby >>> .room', 'Full');
    assert.deepEqual(await faults(lobby), []);
    await ringed(lobby);
  });

  test('a lobby with a form that was not taken', async () => {
    await click(lobby, 'rtc-lobby >>> [type=submit]');
    await words(lobby, 'rtc-lobby >>> #title-problem', 'name');
    assert.deepEqual(await faults(lobby), []);
  });

  test('nothing is animated where less motion is wanted', async () => {
    assert.equal(await ana.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches), true);
    const calm = await watchMotion(ana);
    await click(ana, 'rtc-tile:state(pinned) >>> [part~=pin]');
    await call(ben, 'stopScreenShare');
    await counts(ana, 'rtc-tile[source=screen]', 0);
    assert.deepEqual(await calm(), []);
    // Otherwise it would be, and seen to be.
    await ana.emulateMediaFeatures([]);
    const lively = await watchMotion(ana);
    await click(ana, 'rtc-tile:not([local]) >>> [part~=pin]');
    await counts(ana, 'rtc-tile.large', 1);
    await ana.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.notDeepEqual(await lively(), []);
    await click(ana, 'rtc-tile:state(pinned) >>> [part~=pin]');
  });

  test('who goes is told politely, once', async () => {
    await heard(ana);
    await (await deepOne<HTMLElement>(ana, CAMERA)).focus();
    await call(cem, 'leave');
    await hearsOnce('polite: Cem left');
    assert.equal(await focused(ana), 'Camera on, turn off');
  });

  test('a camera that is blocked', async () => {
    const blocked = await open(roomTag('team', 'no-prejoin'), refuseDevices);
    await words(blocked, 'rtc-room >>> [role=alert]', 'blocked');
    await reaches(blocked, 'joined');
    assert.deepEqual(await faults(blocked), []);
    await ringed(blocked);
    await blocked.close();
  });

  test('a lobby that is closed to the visitor', async () => {
    await using guarded = await startTestServer({ secret: SECRET, origins: ['loopback'] });
    const closed = await startEmbeddingSite(guarded.url);
    const visitor = await chromium.open(closed.page(page('<rtc-lobby></rtc-lobby>')));
    await words(visitor, 'rtc-lobby >>> [role=alert]', 'token');
    assert.deepEqual(await faults(visitor), []);
    await ringed(visitor);
    await visitor.close();
    await closed.close();
  });

  test('a server that is away is told once, in the room and in the lobby', async () => {
    await counts(ana, 'rtc-tile', 2);
    assert.deepEqual(
      (await peersOf(ana)).map(({ name }) => name),
      ['Ben'],
    );
    await heard(ana);
    await server.close(0);
    await reaches(ana, 'reconnecting');
    await hearsOnce('polite: Connection to the server lost. The call goes on; reconnecting…');
    assert.deepEqual(await faults(ana), []);
    await words(lobby, 'rtc-lobby >>> [role=alert]', 'does not answer');
    assert.deepEqual(await faults(lobby), []);
  });
});
