/** A broadcast that changes what it shows while people watch: they see each change, in one session, and nobody has to click. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ElementHandle, Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { keepStreams, openTracks } from '../support/kept-streams.ts';
import { deepOne, loudnessInPage, movesInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly paused: boolean;
  start(): Promise<void>;
  takeOver(): Promise<void>;
  stop(): Promise<void>;
  pause(card: { title: string; text: string }): void;
  resume(): void;
  setInset(on: boolean): Promise<void>;
  setSource(source: 'camera' | 'screen' | 'element', element?: Element | null): Promise<void>;
  setGain(gain: number): void;
  setMicrophoneEnabled(on: boolean): void;
}

interface Devices {
  readonly devices: { readonly videoinput: readonly unknown[] };
}

type Colour = 'red' | 'blue' | 'green' | 'dark';

/** A screen that is all blue and hums, and a canvas that is all red. Runs in the page, before any script of its own. */
function installScreen(): void {
  const paint = (canvas: HTMLCanvasElement, colour: string): void => {
    const context = canvas.getContext('2d');
    let tick = 0;
    setInterval(() => {
      if (context === null) return;
      context.fillStyle = colour;
      context.fillRect(0, 0, canvas.width, canvas.height);
      // Something moves, as on any screen.
      context.fillStyle = '#fff';
      context.fillRect((tick++ * 4) % canvas.width, 0, 8, 8);
    }, 33);
  };
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    paint(canvas, '#00f');
    const sound = new AudioContext();
    const tone = new OscillatorNode(sound, { frequency: 440 });
    const output = new MediaStreamAudioDestinationNode(sound);
    tone.connect(output);
    tone.start();
    return new MediaStream([...canvas.captureStream(30).getTracks(), ...output.stream.getTracks()]);
  };
  addEventListener('DOMContentLoaded', () => {
    const canvas = Object.assign(document.createElement('canvas'), { id: 'painting', width: 640, height: 480 });
    document.body.append(canvas);
    paint(canvas, '#f00');
  });
}

/** Waits until a spot of the video, in parts of its width and height, has a colour. Says what it was at the end. */
async function colourAt(video: ElementHandle<HTMLVideoElement>, x: number, y: number, wanted: Colour, timeout = 15_000): Promise<string> {
  return await video.evaluate(
    (element, [left, top, colour, patience]) =>
      new Promise<string>((resolve) => {
        const canvas = new OffscreenCanvas(1, 1);
        const context = canvas.getContext('2d', { willReadFrequently: true });
        const end = performance.now() + patience;
        let seen = 'nothing';
        const timer = setInterval(() => {
          if (context !== null && element.videoWidth > 0) {
            context.drawImage(element, element.videoWidth * left, element.videoHeight * top, 2, 2, 0, 0, 1, 1);
            const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
            const most = Math.max(red, green, blue);
            seen = most < 90 ? 'dark' : most === red ? 'red' : most === green ? 'green' : 'blue';
          }
          if (seen !== colour && performance.now() < end) return;
          clearInterval(timer);
          resolve(seen);
        }, 50);
      }),
    [x, y, wanted, timeout] as const,
  );
}

/** An epoch that begins takes the tracks of what is captured from the element away for a moment. */
async function hears(video: ElementHandle<HTMLVideoElement>): Promise<boolean> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    const loudness = await video.evaluate(loudnessInPage, 0.3, 1000).catch(() => 0);
    if (loudness >= 0.3) return true;
  }
  return false;
}

interface StreamInfo {
  readonly session: string;
  readonly state: string;
}

/** Runs in the page: the first feed of the camera goes on and gives nothing. */
function getsStuck(): void {
  const Processor = MediaStreamTrackProcessor;
  let isFirst = true;
  Object.assign(globalThis, {
    MediaStreamTrackProcessor: function open({ track }: { track: MediaStreamVideoTrack }) {
      if (!isFirst || track.kind !== 'video') return new Processor({ track });
      isFirst = false;
      return { readable: new ReadableStream<VideoFrame>() };
    },
  });
}

describe('a broadcast that changes what it shows', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let studio: Chromium;
  let audience: Chromium;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    studio = await Chromium.launch();
    audience = await Chromium.launch();
  });

  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(async () => {
    await studio?.close();
    await audience?.close();
    await site?.close();
    await server?.close();
  });

  const open = async (stream: string, prepare: () => void = () => undefined): Promise<Page> => {
    const page = await studio.open(
      site.page(`<rtc-broadcaster stream="${stream}" capture-width="640" capture-height="480"></rtc-broadcaster>`),
      async (opened) => {
        await opened.evaluateOnNewDocument(keepStreams);
        await opened.evaluateOnNewDocument(installScreen);
        await opened.evaluateOnNewDocument(prepare);
      },
    );
    ends.push(() => page.close());
    return page;
  };

  const element = (page: Page): Promise<ElementHandle<Broadcaster>> => deepOne<Broadcaster>(page, 'rtc-broadcaster');

  const start = async (page: Page): Promise<ElementHandle<Broadcaster>> => {
    await page.evaluate(() => customElements.whenDefined('rtc-broadcaster').then(() => undefined));
    const broadcaster = await element(page);
    await broadcaster.evaluate((one) => one.start());
    return broadcaster;
  };

  const watch = async (stream: string): Promise<ElementHandle<HTMLVideoElement>> => {
    const page = await audience.open(site.page(`<hls-viewer stream="${stream}" autoplay></hls-viewer>`));
    ends.push(() => page.close());
    return await deepOne<HTMLVideoElement>(page, 'video');
  };

  const streamInfo = async (stream: string): Promise<StreamInfo> =>
    (await (await fetch(`${server.url}/api/streams/${stream}`)).json()) as StreamInfo;

  const reaches = async (page: Page, state: string, timeout = 15_000): Promise<void> => {
    const wanted = (name: string): boolean => document.querySelector<Broadcaster>('rtc-broadcaster')?.state === name;
    await page.waitForFunction(wanted, { timeout, polling: 50 }, state);
  };

  test('shows camera, screen, canvas and camera again, with an inset and a pause between, to one viewer in one session', async () => {
    const broadcaster = await start(await open('changing'));
    const video = await watch('changing');
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green', 'the camera');
    const { session } = await streamInfo('changing');

    await broadcaster.evaluate((one) => one.setMicrophoneEnabled(false));
    await broadcaster.evaluate((one) => one.setSource('screen'));
    assert.equal(await colourAt(video, 0.3, 0.3, 'blue'), 'blue', 'the screen');
    assert.ok(await hears(video), 'the sound of the screen');
    await broadcaster.evaluate((one) => one.setInset(true));
    assert.equal(await colourAt(video, 0.86, 0.88, 'green'), 'green', 'the camera over the screen');
    assert.equal(await colourAt(video, 0.3, 0.3, 'blue'), 'blue', 'the screen under the camera');
    await broadcaster.evaluate((one) => one.setInset(false));
    assert.equal(await colourAt(video, 0.86, 0.88, 'blue'), 'blue', 'the screen alone');

    await broadcaster.evaluate((one) => one.setSource('element', document.querySelector('#painting')));
    assert.equal(await colourAt(video, 0.3, 0.3, 'red'), 'red', 'the canvas');
    // As a telephone that is turned.
    await broadcaster.evaluate(() => Object.assign(document.querySelector('#painting') ?? {}, { width: 480, height: 640 }));
    await video.evaluate(
      (one) =>
        new Promise<void>((resolve) => {
          const look = (): void => (one.videoHeight === 640 ? resolve() : void one.requestVideoFrameCallback(look));
          look();
        }),
    );
    await broadcaster.evaluate((one) => one.pause({ title: 'Back soon', text: '' }));
    assert.equal(await colourAt(video, 0.05, 0.9, 'dark'), 'dark', 'the card');
    await broadcaster.evaluate((one) => one.resume());
    assert.equal(await colourAt(video, 0.05, 0.9, 'red'), 'red', 'the canvas after the pause');

    await broadcaster.evaluate((one) => one.setSource('camera'));
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green', 'the camera again');
    assert.equal((await streamInfo('changing')).session, session);
    assert.equal(await broadcaster.evaluate((one) => one.state), 'live');
    await broadcaster.evaluate((one) => one.stop());
  });

  test('opens the feed of a camera anew that gives nothing', async () => {
    const page = await open('stuck', getsStuck);
    await start(page);
    const video = await watch('stuck');
    assert.ok(await video.evaluate(movesInPage, 15_000), 'the viewer sees the camera move');
  });

  test('moves on while somebody on the page holds a picture of the camera', async () => {
    const page = await open('held');
    await start(page);
    await page.evaluate(async () => {
      const [track] = keptStreams.flatMap((stream) => stream.getVideoTracks());
      if (track === undefined) throw new Error('no camera');
      const reader = new MediaStreamTrackProcessor({ track: track as MediaStreamVideoTrack }).readable.getReader();
      Object.assign(globalThis, { held: (await reader.read()).value });
      await reader.cancel();
    });
    const video = await watch('held');
    for (const what of ['what was sent before', 'what comes', 'what follows']) {
      assert.ok(await video.evaluate(movesInPage, 10_000), `the viewer sees ${what}`);
    }
  });

  test('goes on when the camera is unplugged, with another one', async () => {
    const page = await open('unplugged');
    await start(page);
    const video = await watch('unplugged');
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green');
    await page.evaluate(() => {
      for (const track of keptStreams.flatMap((stream) => stream.getVideoTracks())) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
    });
    await page.waitForFunction(() => keptStreams.some((stream) => stream.getVideoTracks()[0]?.readyState === 'live'), { timeout: 10_000 });
    assert.deepEqual((await openTracks(page)).sort(), ['audio', 'video']);
    const before = await video.evaluate((one) => one.currentTime);
    await video.evaluate(
      (one, time) =>
        new Promise<void>((resolve) => {
          const look = (): void => (one.currentTime > time + 3 ? resolve() : void one.requestVideoFrameCallback(look));
          look();
        }),
      before,
    );
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green');
  });

  test('shows a card while there is no camera at all, with its sound, and the camera once one is plugged in', async () => {
    const page = await open('cameraless');
    const broadcaster = await start(page);
    const video = await watch('cameraless');
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green');
    // The list of devices is read a moment after the camera is open; what is plugged in later is told from it.
    await page.waitForFunction(() => (document.querySelector('rtc-broadcaster') as unknown as Devices).devices.videoinput.length > 0);
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const { getUserMedia, enumerateDevices } = mediaDevices;
      let gone = true;
      mediaDevices.enumerateDevices = async () =>
        (await enumerateDevices.call(mediaDevices)).filter(({ kind }) => !gone || kind !== 'videoinput');
      mediaDevices.getUserMedia = (constraints) =>
        gone && constraints?.video ? Promise.reject(new DOMException('', 'NotFoundError')) : getUserMedia.call(mediaDevices, constraints);
      for (const track of keptStreams.flatMap((stream) => stream.getVideoTracks())) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
      mediaDevices.dispatchEvent(new Event('devicechange'));
      document.addEventListener('plug', () => {
        gone = false;
        mediaDevices.dispatchEvent(new Event('devicechange'));
      });
    });
    assert.equal(await colourAt(video, 0.05, 0.9, 'dark'), 'dark', 'the card');
    assert.ok(await hears(video), 'the microphone goes on');
    assert.equal(await broadcaster.evaluate((one) => one.state), 'live');
    await page.evaluate(() => document.dispatchEvent(new Event('plug')));
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green', 'the camera that was plugged in');
    await broadcaster.evaluate((one) => one.stop());
  });

  test('is on air again by itself after a reload, in the same session', async () => {
    const page = await open('reloaded');
    await start(page);
    const video = await watch('reloaded');
    assert.equal(await colourAt(video, 0.5, 0.5, 'green'), 'green');
    const { session } = await streamInfo('reloaded');
    await page.reload({ waitUntil: 'load' });
    await reaches(page, 'live');
    assert.equal((await streamInfo('reloaded')).session, session);
    await (await element(page)).evaluate((one) => one.stop());
    await page.reload({ waitUntil: 'load' });
    await page.evaluate(() => customElements.whenDefined('rtc-broadcaster').then(() => undefined));
    assert.equal(await (await element(page)).evaluate((one) => one.state), 'off', 'what was ended stays ended');
  });

  test('stays on air where its tab is duplicated, and the copy stays off', async () => {
    const page = await open('duplicated');
    const broadcaster = await start(page);
    const copied = new Promise<Page | null>((resolve) => page.once('popup', resolve));
    // A window that a page opens gets a copy of what the tab keeps, as a duplicated tab does.
    await page.evaluate(() => void open(location.href));
    const copy = await copied;
    assert.ok(copy);
    const asks = (wanted: boolean): Promise<boolean> =>
      navigator.locks.query().then(({ pending = [] }) => pending.some(({ name }) => name?.includes('duplicated')) === wanted);
    await copy.waitForFunction(asks, { timeout: 10_000, polling: 50 }, true);
    await copy.waitForFunction(asks, { timeout: 10_000, polling: 50 }, false);
    assert.equal(await copy.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state), 'off');
    assert.equal(await broadcaster.evaluate((one) => one.state), 'live');
    await copy.close();
    await broadcaster.evaluate((one) => one.stop());
  });

  test('is not pushed off air by a second tab unless it takes over, and does not fight back then', async () => {
    const first = await open('contested');
    await start(first);
    const second = await open('contested');
    const error = await (await element(second)).evaluate((one) =>
      one.start().then(
        () => null,
        ({ code, details }: { code: string; details?: { may_take_over?: boolean } }) => ({ code, may: details?.may_take_over }),
      ),
    );
    assert.deepEqual(error, { code: 'stream-taken', may: true });
    assert.equal(await (await element(first)).evaluate((one) => one.state), 'live');
    await (await element(second)).evaluate((one) => one.takeOver());
    await reaches(first, 'error');
    assert.deepEqual(await openTracks(first), []);
    assert.equal(await (await element(second)).evaluate((one) => one.state), 'live');
    await (await element(second)).evaluate((one) => one.stop());
  });
});
