/** The studio of a broadcaster in every state, as people meet it who do not see it, use no mouse, or hold a phone in one hand. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { RtcBroadcaster } from '../../src/components/rtc-broadcaster/rtc-broadcaster.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { deepOne } from '../support/media-probe.ts';
import { faults, heard, listen, tabStops, unreached } from '../support/page-accessibility.ts';
import { focused, words } from '../support/room-page.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const STUDIO = 'rtc-broadcaster';
const CONTROLS = 'rtc-studio-controls';

/** A small picture, so that two studios fit on one machine. */
const SMALL = 'capture-width="320" capture-height="240" frame-rate="10"';

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

async function click(page: Page, selector: string): Promise<void> {
  // As a script does: the pointer stays where it is, and hovers over nothing.
  await (await deepOne<HTMLElement>(page, selector)).evaluate((element) => element.click());
}

async function reaches(page: Page, state: string): Promise<void> {
  const wanted = (name: string): boolean => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.state === name;
  await page.waitForFunction(wanted, { timeout: 15_000, polling: 20 }, state);
}

async function call(page: Page, method: 'start' | 'stop' | 'preview' | 'takeOver'): Promise<string | null> {
  return await page.evaluate(async (name) => {
    await customElements.whenDefined('rtc-broadcaster');
    const studio = document.querySelector<RtcBroadcaster>('rtc-broadcaster');
    return (
      (await studio?.[name]().then(
        () => null,
        (error: { code: string }) => error.code,
      )) ?? null
    );
  }, method);
}

/** Presses Tab until the focus is on what has this name, then the key. */
async function press(page: Page, name: string, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await page.bringToFront();
  for (let stops = 0; stops < 40; stops++) {
    if ((await focused(page)) === name) {
      await page.keyboard.press(key);
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not get to “${name}”`);
}

const labels = (page: Page, selector: string): Promise<string[]> =>
  page.evaluate((path) => deepQuery(path).map((element) => element.ariaLabel ?? element.textContent?.trim() ?? ''), selector);

describe('a studio, to everybody', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const open = async (stream: string, attributes = '', content = '', beside = ''): Promise<Page> => {
    const studio = `<rtc-broadcaster stream="${stream}" ${SMALL} ${attributes}>${content}</rtc-broadcaster>`;
    const page = await chromium.open(site.page(`<main><h1>Studio</h1>${beside}${studio}</main>`), (opened) =>
      opened.evaluateOnNewDocument(shareCanvas),
    );
    ends.push(() => page.close());
    if (content === '') await deepOne(page, `${CONTROLS} >>> button`);
    return page;
  };

  test('has no fault before, in preview with each panel, live, paused and off', async () => {
    const page = await open('states', 'watch-url="/watch?{stream}"');
    assert.deepEqual(await faults(page), [], 'before');
    await call(page, 'preview');
    await click(page, `${CONTROLS} >>> [part=settings]`);
    await deepOne(page, 'rtc-studio-settings >>> rtc-device-picker >>> select');
    assert.deepEqual(await faults(page), [], 'settings');
    await click(page, `${CONTROLS} >>> [part=details]`);
    await deepOne(page, 'rtc-studio-details >>> input[part=title]');
    assert.deepEqual(await faults(page), [], 'details');
    await call(page, 'start');
    await deepOne(page, `${STUDIO} >>> [part=figures]`);
    assert.deepEqual(await faults(page), [], 'live');
    for (const panel of ['settings', 'chat', 'stats']) {
      await click(page, `${CONTROLS} >>> [part=${panel}]`);
      await deepOne(page, panel === 'chat' ? 'rtc-chat >>> textarea' : `rtc-studio-${panel} >>> [part]`);
      assert.deepEqual(await faults(page), [], `live with ${panel}`);
    }
    await click(page, `${STUDIO} >>> [part=pause-button]`);
    await words(page, `${STUDIO} >>> [part=pause-card]`, 'Back in a moment');
    assert.deepEqual(await faults(page), [], 'paused');
    await call(page, 'stop');
    assert.deepEqual(await faults(page), [], 'off');
  });

  test('everything that can be pressed is reached by the keyboard, and shows it', async () => {
    const page = await open('ringed');
    await call(page, 'start');
    await click(page, `${CONTROLS} >>> [part=settings]`);
    await deepOne(page, 'rtc-studio-settings >>> rtc-device-picker >>> select');
    const stops = await tabStops(page);
    assert.deepEqual(
      stops.filter(({ outline }) => outline < 2).map(({ element, name }) => `${element} ${name}`),
      [],
    );
    assert.deepEqual(await unreached(page), []);
  });

  test('the keyboard alone previews, mutes, goes live, pauses, goes on and ends', async () => {
    const page = await open('keys');
    await listen(page);
    await press(page, 'Show preview');
    await reaches(page, 'preview');
    await press(page, 'Microphone on, mute', 'Space');
    await page.waitForFunction(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.microphoneEnabled === false);
    assert.equal(await focused(page), 'Microphone off, unmute');
    await press(page, 'Go live');
    await reaches(page, 'live');
    assert.equal(await focused(page), 'End');
    await press(page, 'Pause');
    await words(page, `${STUDIO} >>> [part=state]`, 'Paused');
    await press(page, 'Resume', 'Space');
    await words(page, `${STUDIO} >>> [part=state]`, 'Live');
    await press(page, 'End');
    await reaches(page, 'off');
    assert.equal(await focused(page), 'Go live');
    const said = (await heard(page)).join(' | ');
    for (const text of ['polite: Preview, off air', 'Live', 'Off air']) assert.ok(said.includes(text), `${text} in ${said}`);
  });

  test('Escape closes a panel, and the button that opened it has the focus', async () => {
    const page = await open('panel');
    await press(page, 'Settings');
    await deepOne(page, 'rtc-studio-settings >>> input[type=range]');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => deepQuery('rtc-panel').length === 0);
    // Given back when the panel has gone for good.
    await page.waitForFunction(() => deepQuery('rtc-studio-controls >>> [part=settings]:focus').length === 1);
  });

  test('title and description reach viewers, also when they change while live', async () => {
    const page = await open('titled', 'stream-title="Launch"');
    await call(page, 'start');
    const told = async (): Promise<{ title?: string; description?: string }> =>
      (await (await fetch(`${server.url}/api/streams/titled`)).json()) as { title?: string; description?: string };
    assert.equal((await told()).title, 'Launch');
    await click(page, `${CONTROLS} >>> [part=details]`);
    const field = await deepOne<HTMLTextAreaElement>(page, 'rtc-studio-details >>> textarea');
    await field.focus();
    await page.keyboard.type('From the garden');
    await page.keyboard.press('Tab');
    const end = Date.now() + 3000;
    while ((await told()).description !== 'From the garden') assert.ok(Date.now() < end, JSON.stringify(await told()));
  });

  test('the level follows the microphone, and says when it is too loud', async () => {
    const page = await open('level', 'no-auto-gain no-noise-suppression');
    await call(page, 'preview');
    const shows = (what: string): Promise<unknown> => deepOne(page, `${CONTROLS}${what} >>> [part=level]:not([aria-valuenow="0"])`);
    await shows('');
    await page.evaluate(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.setGain(4));
    // The microphone of this browser beeps once a second.
    await deepOne(page, `${CONTROLS}:state(clipping)`, 30_000);
    await page.evaluate(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.setGain(0));
    await deepOne(page, `${CONTROLS}:not(:state(clipping)) >>> [part=level][aria-valuenow="0"]`);
  });

  test('the switch records the next broadcast, and the link is that of the watch page', async () => {
    const page = await open('shared', 'watch-url="/watch?of={stream}"');
    await click(page, `${CONTROLS} >>> [part=details]`);
    await click(page, 'rtc-studio-details >>> [part=record] input');
    await call(page, 'start');
    await words(page, `${STUDIO} >>> [part=recording]`, 'Recording');
    await deepOne(page, 'rtc-studio-details >>> [part=record] input:disabled');
    const { recording } = (await (await fetch(`${server.url}/api/streams/shared`)).json()) as { recording?: unknown };
    assert.ok(recording, 'the server records');
    assert.equal(
      await page.evaluate(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.shareLink),
      new URL('/watch?of=shared', site.origin).href,
    );
  });

  test('all but the sound that viewers have can change while live, and what cannot grow says so', async () => {
    const page = await open('settled');
    await call(page, 'start');
    await click(page, `${CONTROLS} >>> [part=settings]`);
    await words(page, 'rtc-studio-settings >>> [part=settled]', 'no more sizes than the broadcast began with');
    const state = await page.evaluate(() =>
      deepQuery('rtc-studio-settings >>> [data-setting]').map(
        (field) => `${field.getAttribute('data-setting')} ${field.matches(':disabled')}`,
      ),
    );
    assert.deepEqual(state, [
      'noAudio true',
      'noEchoCancellation false',
      'noNoiseSuppression false',
      'noAutoGain false',
      'overlay false',
      'resolution false',
      'frameRate false',
      'bitrate false',
      'layers false',
    ]);
    await click(page, 'rtc-studio-settings >>> [part=mix] input');
    await page.waitForFunction(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.mixedMicrophones.length === 1);
    const slider = await deepOne<HTMLInputElement>(page, 'rtc-studio-settings >>> input[type=range]');
    await slider.focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.gain === 4);
  });

  test('a screen is not mirrored, and offers the camera in the corner', async () => {
    const page = await open('screened');
    await call(page, 'preview');
    const mirrored = (): Promise<boolean> =>
      page.evaluate(() => deepQuery('rtc-broadcaster >>> [part=video]')[0]?.matches('.mirrored') ?? false);
    assert.equal(await mirrored(), true);
    await click(page, `${CONTROLS} >>> [part=screen]`);
    await click(page, `${CONTROLS} >>> [part=inset]`);
    await page.waitForFunction(() => (deepQuery('rtc-broadcaster >>> [part=inset]:not([hidden])')[0] as HTMLVideoElement)?.videoWidth > 0);
    assert.equal(await mirrored(), false);
    assert.deepEqual(await labels(page, `${CONTROLS} >>> [aria-pressed=true]`), [
      'Microphone on, mute',
      'Screen',
      'Camera in the corner, hide it',
    ]);
    assert.deepEqual(await faults(page), []);
  });

  test('a second studio is told who is on air, and takes over; the first may take it back', async () => {
    const first = await open('two');
    await call(first, 'start');
    const second = await open('two');
    assert.equal(await call(second, 'start'), 'stream-taken');
    await words(second, `${STUDIO} >>> [role=alert]`, 'Another tab or device is on air');
    assert.deepEqual(await faults(second), []);
    await press(second, 'Take over');
    await reaches(second, 'live');
    await words(first, `${STUDIO} >>> [role=alert]`, 'has taken this stream over');
    await click(first, `${STUDIO} >>> [role=alert] button`);
    await reaches(first, 'live');
  });

  test('viewers are counted without the studio, and their words are shown and can be taken down', async () => {
    const page = await open('crowd');
    await call(page, 'start');
    await words(page, `${STUDIO} >>> [part=viewers]`, '0 watching');
    const viewer = await open('crowd-studio', '', '', '<hls-viewer stream="crowd"></hls-viewer>');
    await words(page, `${STUDIO} >>> [part=viewers]`, '1 watching');
    await viewer.goto(site.page('<p>Gone</p>'));
    await words(page, `${STUDIO} >>> [part=viewers]`, '0 watching');
    await click(page, `${CONTROLS} >>> [part=chat]`);
    const field = await deepOne<HTMLTextAreaElement>(page, 'rtc-chat >>> textarea');
    await field.focus();
    await page.keyboard.type('Welcome');
    await page.keyboard.press('Enter');
    await words(page, 'rtc-chat >>> [part=body]', 'Welcome');
    await page.waitForFunction(() => deepQuery('rtc-chat >>> [part=state]').length === 0);
    await click(page, 'rtc-chat >>> [part=delete]');
    await page.waitForFunction(() => deepQuery('rtc-chat >>> [part=body]').length === 0);
  });

  test('the preview goes on through figures, panels and the start, and does not begin anew', async () => {
    const page = await open('steady');
    await call(page, 'preview');
    await page.evaluate(() => {
      const [video] = deepQuery('rtc-broadcaster >>> [part=video]');
      Object.assign(globalThis, { emptied: 0 });
      video?.addEventListener('emptied', () => Object.assign(globalThis, { emptied: 1 }));
    });
    await call(page, 'start');
    await deepOne(page, `${STUDIO} >>> [part=figures]`);
    await click(page, `${CONTROLS} >>> [part=stats]`);
    await deepOne(page, 'rtc-studio-stats >>> [part=figures]');
    assert.equal(await page.evaluate(() => (globalThis as unknown as { emptied: number }).emptied), 0);
  });

  test('the page leaves controls out, and places parts where it likes', async () => {
    const page = await open('own', 'hide="pause file chat record"');
    await call(page, 'start');
    assert.deepEqual(await labels(page, `${CONTROLS} >>> button`), [
      'Microphone on, mute',
      'Camera',
      'Screen',
      'Settings',
      'Title and link',
      'Connection',
    ]);
    assert.deepEqual(await labels(page, `${STUDIO} >>> [part=pause-button]`), []);
    const own = await open('placed', '', '<h2>Sound and picture</h2><rtc-studio-settings></rtc-studio-settings>');
    await deepOne(own, 'rtc-studio-settings >>> input[type=range]');
    assert.equal(await own.evaluate((tag) => deepQuery(tag).length, CONTROLS), 0);
    assert.deepEqual(await faults(own), []);
  });

  test('the main buttons stay in sight on a phone, whatever is open', async () => {
    const page = await open('phone');
    await page.setViewport({ width: 390, height: 700 });
    await call(page, 'start');
    await click(page, `${CONTROLS} >>> [part=details]`);
    await deepOne(page, 'rtc-studio-details >>> textarea');
    await page.evaluate(() => scrollTo(0, 0));
    const places = await page.evaluate(() =>
      deepQuery('rtc-broadcaster >>> :is([part=start-button], [part=pause-button])').map((button) => {
        const { top, bottom, height } = button.getBoundingClientRect();
        return top > innerHeight / 2 && bottom <= innerHeight && height >= 44;
      }),
    );
    assert.deepEqual(places, [true, true]);
  });

  test('whoever leaves while live is asked first, and after a reload is live again without a click', async () => {
    const page = await open('reloaded');
    const asked: string[] = [];
    page.on('dialog', (dialog) => asked.push(dialog.type()));
    await press(page, 'Go live');
    await reaches(page, 'live');
    await page.reload();
    assert.deepEqual(asked, ['beforeunload']);
    await reaches(page, 'live');
    await call(page, 'stop');
    await page.reload();
    assert.deepEqual(asked, ['beforeunload']);
    await deepOne(page, `${CONTROLS} >>> button`);
    assert.equal(await page.evaluate(() => document.querySelector<RtcBroadcaster>('rtc-broadcaster')?.state), 'off');
  });

  test('has written no error to the console', () => {
    assert.deepEqual(chromium.complaints, []);
  });
});
