/** What is drawn on the camera's picture in a call and on air: seen by others as by oneself, turned on and off without anybody noticing more. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ElementHandle, HTTPRequest, Page } from 'puppeteer-core';
import { alerts, REMOTE, roomTag, sees } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne, movesInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Drawn extends HTMLElement {
  overlay: string;
  readonly state: string;
  readonly cameraEnabled: boolean;
  readonly devices: {
    readonly videoinput: readonly { readonly deviceId: string }[];
    readonly live: { readonly videoinput: string | null };
  };
  switchDevice(kind: string, deviceId: string): Promise<void>;
  setCameraEnabled(enabled: boolean): Promise<void>;
  start(): Promise<void>;
}

/** What a page has seen of its own peer connections, cameras and broadcasts. */
interface Seen {
  negotiations: number;
  /** What was handed over to be sent, by what the track calls itself: a device its name, anything made here none. */
  sent: string[];
  cameras: MediaStreamTrack[];
  errors: string[];
  states: string[];
  epochs: number[];
}

const OWN = 'rtc-tile[local] >>> video';
const PREVIEW = 'rtc-broadcaster >>> video[part=video]';

/** A plain overlay of the page's own, and a count of what happens to connections. Runs in the page, before its scripts. */
function watchPage(): void {
  const seen: Seen = { negotiations: 0, sent: [], cameras: [], errors: [], states: [], epochs: [] };
  const spy = <T extends object, K extends keyof T>(target: T, name: K, before: (args: unknown[], result: unknown) => unknown): void => {
    const original = target[name] as unknown as (...args: unknown[]) => unknown;
    const spied = function (this: unknown, ...args: unknown[]): unknown {
      const result = original.apply(this, args);
      before(args, result);
      return result;
    };
    Object.defineProperty(target, name, { value: spied, configurable: true, writable: true });
  };
  const sent = (track: unknown): void => {
    if (track instanceof MediaStreamTrack && track.kind === 'video') seen.sent.push(track.label);
  };
  spy(RTCPeerConnection.prototype, 'setLocalDescription', () => seen.negotiations++);
  spy(RTCPeerConnection.prototype, 'addTransceiver', ([track]) => sent(track));
  spy(RTCRtpSender.prototype, 'replaceTrack', ([track]) => sent(track));
  spy(MediaDevices.prototype, 'getUserMedia', async (_, result) => {
    seen.cameras.push(...(await (result as Promise<MediaStream>)).getVideoTracks());
  });
  document.addEventListener('rtc-error', (event) => seen.errors.push((event as CustomEvent<{ code: string }>).detail.code));
  document.addEventListener('rtc-state', (event) => seen.states.push((event as CustomEvent<{ state: string }>).detail.state));
  document.addEventListener('rtc-live', (event) => seen.epochs.push((event as CustomEvent<{ epoch: number }>).detail.epoch));
  const green = () => ({
    draw(context: CanvasRenderingContext2D, { width, height }: { width: number; height: number }): void {
      context.fillStyle = 'rgb(0, 255, 0)';
      context.fillRect(0, 0, width, height / 4);
    },
  });
  Object.assign(globalThis, { seen, [Symbol.for('glasscast.overlays')]: new Map([['green', { factory: green }]]) });
}

declare const seen: Seen;

/** Waits until the picture has the overlay's colour where it is drawn, or has not. */
async function isGreen(page: Page, path: string, wanted: boolean, timeout = 30_000): Promise<void> {
  const found = (selector: string, green: boolean): boolean => {
    const [video] = deepQuery(selector);
    if (!(video instanceof HTMLVideoElement) || video.videoWidth === 0) return false;
    const canvas = new OffscreenCanvas(64, 64);
    const context = canvas.getContext('2d');
    context?.drawImage(video, 0, 0, 64, 64);
    // Away from edges, where codecs smear, and from the middle, where nothing is drawn.
    const [red = 0, greenness = 0, blue = 0] = context?.getImageData(32, 6, 1, 1).data ?? [];
    return (greenness > 180 && red < 90 && blue < 90) === green;
  };
  await page.waitForFunction(found, { timeout, polling: 50 }, path, wanted);
}

const setOverlay = (page: Page, tag: 'rtc-room' | 'rtc-broadcaster', overlay: string): Promise<void> =>
  page.evaluate((name, value) => document.querySelector(name)?.setAttribute('overlay', value), tag, overlay);

describe('an overlay', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  const pages: Page[] = [];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch({
      args: ['--use-fake-device-for-media-stream=device-count=2'],
      without: ['--use-fake-device-for-media-stream'],
    });
  });

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close({ runBeforeUnload: false });
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const open = async (body: string): Promise<Page> => {
    const page = await chromium.open(site.page(body), (fresh) => fresh.evaluateOnNewDocument(watchPage));
    pages.push(page);
    return page;
  };

  const enter = async (room: string, name: string, attributes = ''): Promise<Page> =>
    await open(roomTag(room, name, `no-audio capture-width="320" capture-height="240" ${attributes}`));

  test('of a room is what the others see and what oneself sees, and comes and goes in one negotiation', { timeout: 180_000 }, async () => {
    const ada = await enter('green', 'Ada', 'overlay="green"');
    const grace = await enter('green', 'Grace');
    await sees(grace, 1);
    await sees(ada, 1);
    await Promise.all([isGreen(grace, REMOTE, true), isGreen(ada, OWN, true)]);
    const { sent } = await ada.evaluate(() => seen);
    assert.deepEqual(
      sent.filter((label) => label.startsWith('fake')),
      [],
      'no bare picture was sent before',
    );
    const negotiations = await grace.evaluate(() => seen.negotiations);
    await setOverlay(ada, 'rtc-room', '');
    await Promise.all([isGreen(grace, REMOTE, false), isGreen(ada, OWN, false)]);
    await setOverlay(ada, 'rtc-room', 'green');
    await Promise.all([isGreen(grace, REMOTE, true), isGreen(ada, OWN, true)]);
    assert.equal(await grace.evaluate(() => seen.negotiations), negotiations);
    assert.deepEqual(await ada.evaluate(() => seen.errors), []);

    await ada.evaluate(async () => {
      const room = document.querySelector('rtc-room');
      for (let turn = 0; turn < 100; turn++) {
        room?.setAttribute('overlay', turn % 2 === 0 ? '' : 'green');
        await new Promise(requestAnimationFrame);
      }
      room?.setAttribute('overlay', '');
    });
    await isGreen(grace, REMOTE, false);
    // What draws is kept for a moment, for whoever changes their mind.
    await waitFor(() => ada.workers().length === 0, 30_000);
    assert.equal(await ada.evaluate(() => seen.cameras.filter(({ readyState }) => readyState === 'live').length), 1);
    assert.equal(await grace.evaluate(() => seen.negotiations), negotiations);
    await setOverlay(ada, 'rtc-room', 'green');
    await isGreen(grace, REMOTE, true);

    // Another camera, and none for a while.
    const other = await ada.evaluate(async () => {
      const room = document.querySelector<Drawn>('rtc-room');
      const { devices } = room as Drawn;
      const next = devices.videoinput.find(({ deviceId }) => deviceId !== devices.live.videoinput)?.deviceId ?? '';
      await room?.switchDevice('videoinput', next);
      return [next, room?.devices.live.videoinput] as const;
    });
    assert.notEqual(other[0], '');
    assert.equal(other[1], other[0]);
    await isGreen(grace, REMOTE, true);
    const video = (await deepOne(grace, REMOTE)) as ElementHandle<HTMLVideoElement>;
    assert.ok(await video.evaluate(movesInPage, 30_000), 'the picture of the other camera moves');
    const turn = (enabled: boolean) => ada.evaluate((on) => document.querySelector<Drawn>('rtc-room')?.setCameraEnabled(on), enabled);
    await turn(false);
    assert.deepEqual(await ada.evaluate(() => seen.cameras.map(({ readyState }) => readyState)), ['ended', 'ended']);
    await turn(true);
    await sees(grace, 1);
    await isGreen(grace, REMOTE, true);
    assert.equal(await grace.evaluate(() => seen.negotiations), negotiations);
  });

  test('that hides faces lets no bare picture out, and says what it lacks while the call goes on', { timeout: 120_000 }, async () => {
    const ada = await enter('hidden', 'Ada', 'overlay="hide-face"');
    const grace = await enter('hidden', 'Grace');
    await sees(grace, 1);
    const video = (await deepOne(grace, REMOTE)) as ElementHandle<HTMLVideoElement>;
    assert.ok(await video.evaluate(movesInPage, 30_000), 'the hidden picture moves');
    await ada.waitForFunction(() => seen.errors.includes('model-missing'), { timeout: 30_000 });
    const said = (await alerts(ada)).join();
    assert.match(said, /model/i);
    assert.equal(await ada.evaluate(() => document.querySelector<Drawn>('rtc-room')?.state), 'joined');
    const { sent } = await ada.evaluate(() => seen);
    assert.deepEqual(
      sent.filter((label) => label.startsWith('fake')),
      [],
    );
    assert.ok(sent.length > 0);
    await setOverlay(ada, 'rtc-room', '');
    await ada.waitForFunction(() => deepQuery('rtc-room >>> [role=alert]').length === 0, { timeout: 30_000 });
  });

  test('that hides faces keeps the camera off until it is loaded, and can be tried again where it was not', {
    timeout: 120_000,
  }, async () => {
    const ada = await chromium.open('about:blank');
    pages.push(ada);
    await ada.evaluateOnNewDocument(watchPage);
    // The part that draws, asked for twice: lost, then late.
    const asked: HTTPRequest[] = [];
    await ada.setRequestInterception(true);
    ada.on('request', (request) => {
      if (!request.url().includes('/room-overlay-')) void request.continue();
      else if (asked.push(request) === 1) void request.abort();
    });
    await ada.goto(site.page(roomTag('late', 'Ada', 'no-audio overlay="hide-face" capture-width="320" capture-height="240"')));
    await ada.waitForFunction(() => seen.errors.includes('network'), { timeout: 30_000 });
    await ada.waitForFunction(() => seen.cameras.every(({ readyState }) => readyState === 'ended'), { timeout: 30_000 });
    // What only decorates is asked for first, and is changed on its way.
    await setOverlay(ada, 'rtc-room', 'green');
    void ada.evaluate(() => document.querySelector<Drawn>('rtc-room')?.setCameraEnabled(true));
    await waitFor(() => asked.length === 2, 30_000);
    await setOverlay(ada, 'rtc-room', 'hide-face');
    await ada.waitForFunction(() => seen.cameras.at(-1)?.readyState === 'live', { timeout: 30_000 });
    assert.equal(await ada.evaluate(() => document.querySelector<Drawn>('rtc-room')?.cameraEnabled), false);
    await asked[1]?.continue();
    await ada.waitForFunction(() => document.querySelector<Drawn>('rtc-room')?.cameraEnabled === true, { timeout: 30_000 });
  });

  test('of a broadcast is in its preview, and comes and goes in one epoch', { timeout: 120_000 }, async () => {
    const page = await open(
      '<rtc-broadcaster stream="green" no-audio overlay="green" capture-width="320" capture-height="240"></rtc-broadcaster>',
    );
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await document.querySelector<Drawn>('rtc-broadcaster')?.start();
    });
    await isGreen(page, PREVIEW, true);
    await setOverlay(page, 'rtc-broadcaster', '');
    await isGreen(page, PREVIEW, false);
    await setOverlay(page, 'rtc-broadcaster', 'green');
    await isGreen(page, PREVIEW, true);
    const { states, epochs, errors } = await page.evaluate(() => seen);
    assert.deepEqual([states.at(-1), states.filter((state) => state === 'live').length, epochs, errors], ['live', 1, [1], []]);
  });
});

async function waitFor(holds: () => boolean, timeout: number): Promise<void> {
  const until = Date.now() + timeout;
  while (!holds()) {
    if (Date.now() > until) throw new Error(`not so within ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
