/** A broadcaster whose way to the server becomes narrow in the middle of a broadcast: a host of a network of its own, shaped by the kernel. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as passes } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import type { PublisherReport } from '../../src/capture/publisher-options.ts';
import { installClockCamera } from '../support/clock-camera.ts';
import { LoneChromium } from '../support/lone-chromium.ts';
import { deepOne, shownInPage } from '../support/media-probe.ts';
import { type Host, Network, noNetwork } from '../support/network.ts';
import { ServerProcess } from '../support/server-process.ts';

const SECRET = { GLASSCAST_SECRET: 'a secret for a network of its own' };
/** Off this machine a server is in production mode; it lets everybody in, as a public one may. */
const OPEN_TO_ALL = ['--public', 'join,publish,watch,create'];
const CAMERA = { width: 1280, height: 720, frameRate: 30 };
const NARROW = 300_000;
const NARROW_SECONDS = 30;
/** Of the shorter side: what fits through has to be smaller, and to be as large as before within so long. */
const WHOLE = 720;
const WHOLE_AGAIN_MS = 60_000;

type Broadcaster = HTMLElement & { readonly state: string; readonly report: PublisherReport | null; start(): Promise<void> };

describe('a broadcast whose uplink falls to 300 kbit/s', { skip: noNetwork() }, () => {
  let network: Network;
  let server: ServerProcess;
  let host: Host;
  let studio: LoneChromium;
  let audience: LoneChromium;

  before(async () => {
    network = new Network();
    const { launcher, address } = network.host('server', '10.78.0.1');
    host = network.host('studio', '10.78.0.11');
    const home = network.host('home', '10.78.0.12');
    server = await ServerProcess.start({ host: address, launcher, args: OPEN_TO_ALL, env: SECRET });
    // Away from this machine a camera needs https; a test is spared the certificate.
    const args = [`--unsafely-treat-insecure-origin-as-secure=${server.url}`];
    studio = await LoneChromium.launch({ launcher: host.launcher, args });
    audience = await LoneChromium.launch({ launcher: home.launcher, args });
  });

  after(async () => {
    await studio?.close();
    await audience?.close();
    await server?.kill();
    network?.close();
  });

  const reportOf = (page: Page): Promise<PublisherReport | null> =>
    page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);

  test('stays on air with what fits, says so, and is as good as before when the way is free again', { timeout: 180_000 }, async (t) => {
    const page = await studio.open(`${server.url}/live.html?stream=narrow`, (opened) =>
      opened.evaluateOnNewDocument(installClockCamera, CAMERA),
    );
    await page.waitForFunction(
      () => customElements.get('rtc-broadcaster') !== undefined && document.querySelector('rtc-broadcaster') !== null,
    );
    await page.evaluate(() => {
      const states: string[] = [];
      Object.assign(globalThis, { states });
      const element = document.querySelector<Broadcaster>('rtc-broadcaster');
      element?.addEventListener('rtc-state', () => states.push(element.state));
      return element?.start();
    });
    const viewer = await audience.open(`${server.url}/watch.html?stream=narrow`);
    const video = await deepOne<HTMLVideoElement>(viewer, 'video');
    assert.ok((await video.evaluate(shownInPage, 60, 20_000)) >= 60, 'it is watched before anything happens');
    await passes(5_000);
    const wide = await reportOf(page);
    const sizeSeen = (): Promise<number> => video.evaluate(({ videoWidth, videoHeight }) => Math.min(videoWidth, videoHeight));
    assert.equal(await sizeSeen(), WHOLE);
    host.narrow(NARROW);
    const reports: PublisherReport[] = [];
    for (let second = 0; second < NARROW_SECONDS; second++) {
      await passes(1_000);
      const report = await reportOf(page);
      if (report !== null) reports.push(report);
    }
    const late = reports.slice(-10);
    const seen = await video.evaluate(shownInPage, 1_000, 10_000);
    const narrowSize = await sizeSeen();
    const narrow = late.map(({ bitrate, targetBitrate, frameRate, width, height, uplinkDelay, droppedFrames, limited }) => ({
      bitrate: Math.round(bitrate / 1000),
      targetBitrate: Math.round(targetBitrate / 1000),
      frameRate: Math.round(frameRate),
      width,
      height,
      uplinkDelay: Math.round(uplinkDelay),
      droppedFrames,
      limited,
    }));
    t.diagnostic(
      `before: ${Math.round((wide?.bitrate ?? 0) / 1000)} kbit/s; first seconds after: ${reports
        .slice(0, 4)
        .map(({ targetBitrate }) => Math.round(targetBitrate / 1000))
        .join(', ')} kbit/s wanted`,
    );
    t.diagnostic(
      `after 20 s: ${JSON.stringify(narrow.at(-1))}; longest queue ${Math.max(...reports.map(({ uplinkDelay }) => uplinkDelay)).toFixed(0)} ms; the viewer saw ${(seen / 10).toFixed(1)} frames a second of ${narrowSize}p`,
    );
    const said = await page.evaluate(() =>
      deepQuery('[part="notice"]')
        .map(({ textContent }) => textContent?.trim() ?? '')
        .join(' '),
    );
    t.diagnostic(`said: ${said}`);
    host.widen();
    const began = Date.now();
    const target = wide?.targetBitrate ?? Number.POSITIVE_INFINITY;
    await page.waitForFunction(
      (wanted) => (document.querySelector<Broadcaster>('rtc-broadcaster')?.report?.targetBitrate ?? 0) >= wanted * 0.8,
      { timeout: 60_000, polling: 200 },
      target,
    );
    t.diagnostic(`80 % of ${Math.round(target / 1000)} kbit/s again ${((Date.now() - began) / 1000).toFixed(1)} s after the way was free`);
    await page.waitForFunction(
      (whole) => {
        const { width = 0, height = 0 } = document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? {};
        return Math.min(width, height) === whole;
      },
      { timeout: WHOLE_AGAIN_MS, polling: 200 },
      WHOLE,
    );
    t.diagnostic(`${WHOLE}p again ${((Date.now() - began) / 1000).toFixed(1)} s after the way was free`);
    await viewer.waitForFunction(
      (element, whole) => Math.min(element.videoWidth, element.videoHeight) === whole,
      { timeout: 20_000, polling: 200 },
      video,
      WHOLE,
    );
    assert.ok((await video.evaluate(shownInPage, 60, 10_000)) >= 60, 'the viewer plays on');
    const states = await page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
    assert.deepEqual(states.slice(states.lastIndexOf('live') + 1), [], 'it was never off air');
    assert.equal(states.filter((state) => state === 'live').length, 1);
    assert.ok((wide?.bitrate ?? 0) > 2 * NARROW, 'the way is too narrow for what was sent before');
    const sent = late.reduce((sum, { bitrate }) => sum + bitrate, 0) / late.length;
    assert.ok(sent <= NARROW * 1.1, `${sent} bit/s are sent`);
    assert.ok(
      late.every(({ uplinkDelay }) => uplinkDelay < 2_000),
      'nothing waits for two seconds',
    );
    assert.ok(late.some(({ limited }) => limited === 'uplink'));
    const [first, last] = [late[0], late.at(-1)];
    assert.ok(last !== undefined && Math.min(last.width, last.height) < WHOLE, `${last?.width}x${last?.height} is sent`);
    assert.equal(narrowSize, Math.min(last.width, last.height), 'the viewer sees what is sent');
    assert.ok(said.includes(`sending ${narrowSize}p`), said);
    assert.ok(
      last.droppedFrames - (first?.droppedFrames ?? 0) <= 10,
      `${first?.droppedFrames}, then ${last.droppedFrames} pictures dropped`,
    );
    assert.ok(seen >= 200, `the viewer sees pictures that move: ${seen} in ten seconds`);
  });
});
