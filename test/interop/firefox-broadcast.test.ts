/** Firefox goes live with what it has, under the strict policy, and Chromium watches. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { findFirefox, findPulseAudio, missing } from '../../tools/find-program.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { Firefox } from '../support/firefox.ts';
import { deepOne, loudnessInPage, shownInPage } from '../support/media-probe.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { SoundCard } from '../support/sound-card.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly report: { readonly encoder: string; readonly frameRate: number; readonly epoch: number } | null;
  start(): Promise<void>;
}

const AUDIBLE = 0.02;

describe('a broadcast from Firefox', { skip: missing(findFirefox) || missing(findPulseAudio) }, () => {
  let soundCard: SoundCard;
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  let firefox: Firefox;
  const pages: Page[] = [];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    soundCard = await SoundCard.start();
    [chromium, firefox] = await Promise.all([Chromium.launch(), Firefox.launch(soundCard)]);
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });

  after(async () => {
    await firefox?.close();
    await chromium?.close();
    await site?.close();
    await server?.close();
    await soundCard?.close();
  });

  const goLive = async (stream: string, attributes: string): Promise<Page> => {
    const body = `<rtc-broadcaster stream="${stream}" capture-width="640" capture-height="480" ${attributes}></rtc-broadcaster>`;
    const page = await firefox.open(site.page(body));
    pages.push(page);
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
    });
    return page;
  };

  const isWatched = async (stream: string, { sound }: { sound: boolean }): Promise<void> => {
    const page = await chromium.open(site.page(`<hls-viewer stream="${stream}" autoplay></hls-viewer>`));
    pages.push(page);
    const video = await deepOne<HTMLVideoElement>(page, 'video');
    const frames = await video.evaluate(shownInPage, 60, 60_000);
    assert.ok(frames >= 60, `the viewer sees ${frames} frames`);
    if (!sound) return;
    const peak = await video.evaluate(loudnessInPage, AUDIBLE, 30_000);
    assert.ok(peak >= AUDIBLE, `the viewer hears a level of ${peak.toFixed(4)}`);
  };

  const reportOf = async (page: Page): Promise<NonNullable<Broadcaster['report']>> => {
    // The first report counts the frames of less than a second.
    const settled = (): boolean => (document.querySelector<Broadcaster>('rtc-broadcaster')?.report?.frameRate ?? 0) > 20;
    await page.waitForFunction(settled, { timeout: 30_000 });
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
    assert.ok(report !== null);
    return report;
  };

  /** What is recorded begins an epoch with its first picture, which the server tells with its acknowledgement. */
  const isInEpoch = async (page: Page, number: number): Promise<void> => {
    const there = (least: number): boolean => (document.querySelector<Broadcaster>('rtc-broadcaster')?.report?.epoch ?? 0) >= least;
    await page.waitForFunction(there, { timeout: 30_000 }, number);
  };

  test('goes live with the best that works, and is seen and heard', { timeout: 180_000 }, async (t) => {
    const page = await goLive('fox', '');
    await isWatched('fox', { sound: true });
    const { encoder } = await reportOf(page);
    t.diagnostic(encoder);
    // Which of the two is quicker depends on the encoder that this Firefox has.
    assert.match(encoder, /^(WebCodecs H\.264|MediaRecorder WebM VP8) \+ Opus$/);
    assert.deepEqual(firefox.complaints.splice(0), []);
  });

  test('goes on by itself after a reload, where the permission is remembered', { timeout: 180_000 }, async (t) => {
    const page = await goLive('fox-reloaded', '');
    await isInEpoch(page, 1);
    const started = performance.now();
    await page.reload();
    const isLive = (): boolean => document.querySelector<Broadcaster>('rtc-broadcaster')?.state === 'live';
    await page.waitForFunction(isLive, { timeout: 60_000 });
    t.diagnostic(`live again after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    // Of the same session: another one would begin with the first.
    await isInEpoch(page, 2);
    await isWatched('fox-reloaded', { sound: true });
    assert.deepEqual(firefox.complaints.splice(0), []);
  });

  test('encodes the frames of a video element', { timeout: 180_000 }, async (t) => {
    const page = await goLive('fox-frames', 'codec="webcodecs" no-audio');
    await isWatched('fox-frames', { sound: false });
    const { encoder, frameRate } = await reportOf(page);
    t.diagnostic(`${encoder}, ${frameRate.toFixed(1)} frames a second`);
    assert.match(encoder, /^WebCodecs H\.264/);
    assert.deepEqual(firefox.complaints.splice(0), []);
  });

  test('records where it is told to, and is seen and heard', { timeout: 180_000 }, async (t) => {
    const page = await goLive('fox-recorded', 'codec="recorder"');
    await isWatched('fox-recorded', { sound: true });
    const { encoder } = await reportOf(page);
    t.diagnostic(encoder);
    assert.match(encoder, /^MediaRecorder /);
    assert.deepEqual(firefox.complaints.splice(0), []);
  });
});
