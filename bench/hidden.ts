/**
 * A long time on air from a tab that nobody looks at, in a browser that throttles it: does memory of page or server grow, do sound and
 * picture drift apart, are pictures lost? A fresh viewer looks on from time to time.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as settled } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import type { PublisherReport } from '../src/capture/publisher-options.ts';
import { Chromium } from '../test/support/chromium.ts';
import { type GlassReport, installClockCamera, readClock } from '../test/support/clock-camera.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../test/support/embedding-page.ts';
import { LoneChromium } from '../test/support/lone-chromium.ts';
import { deepOne } from '../test/support/media-probe.ts';
import { median, percentile, printTable, spread } from './figures.ts';
import { ChildServer } from './server-process.ts';

const CAMERA = { width: 640, height: 480, frameRate: 30, unseen: true };
/** Until the viewer's latency has settled. */
const SETTLE_MS = 8_000;
const LOOK_SECONDS = 12;
const LOOKS = 15;
/** Timers of pages in the background wake once a minute: after five minutes for users, and at once here. */
const THROTTLED = '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1';

type Broadcaster = HTMLElement & { readonly state: string; readonly report: PublisherReport | null; start(): Promise<void> };

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Resident bytes of a process. Linux only. */
function resident(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** JavaScript in use after its garbage was collected, and the resident memory of the browser's largest renderer: the broadcaster's. */
async function memoryOf(page: Page): Promise<{ heap: number; renderer: number }> {
  const session = await page.createCDPSession();
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const browser = await page.browser().target().createCDPSession();
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  await browser.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => resident(id));
  return { heap: usedSize, renderer: Math.max(...renderers) };
}

async function look(audience: Chromium, site: EmbeddingSite): Promise<GlassReport> {
  const viewer = await audience.open(site.page('<hls-viewer stream="hidden" autoplay></hls-viewer>'));
  try {
    const video = await deepOne<HTMLVideoElement>(viewer, 'video');
    await video.evaluate((element) => new Promise<void>((resolve) => element.requestVideoFrameCallback(() => resolve())));
    await settled(SETTLE_MS);
    return await video.evaluate(readClock, { seconds: LOOK_SECONDS, sound: true });
  } finally {
    await viewer.close();
  }
}

/** Megabytes an hour, by the least squares through all samples. */
function slope(samples: readonly (readonly [hours: number, value: number])[]): number {
  const mean = (pick: (sample: readonly [number, number]) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const [x, y] = [mean(([hours]) => hours), mean(([, value]) => value)];
  const across = samples.reduce((sum, [hours, value]) => sum + (hours - x) * (value - y), 0);
  return across / samples.reduce((sum, [hours]) => sum + (hours - x) ** 2, 0);
}

export async function benchHidden(seconds: number): Promise<void> {
  const server = await ChildServer.glasscast();
  const site = await startEmbeddingSite(server.url);
  const studio = await LoneChromium.launch({ args: [THROTTLED] });
  const audience = await Chromium.launch();
  try {
    const page = await studio.open(site.page('<rtc-broadcaster stream="hidden" bitrate="1500000"></rtc-broadcaster>'), (opened) =>
      opened.evaluateOnNewDocument(installClockCamera, CAMERA),
    );
    await page.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      const element = document.querySelector<Broadcaster>('rtc-broadcaster');
      const states: string[] = [];
      Object.assign(globalThis, { states });
      element?.addEventListener('rtc-state', () => states.push(element.state));
      await element?.start();
    });
    await page.evaluate(() => void open('about:blank', '_blank'));
    await page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50, timeout: 5000 });
    const began = performance.now();
    const rows = [
      ['minute', 'page heap, MB', 'renderer, MB', 'server, MB', 'glass to glass', 'sound − picture', 'stalls', 'frames/s seen'],
    ];
    const memory: { hours: number; heap: number; renderer: number; server: number }[] = [];
    const offsets: (readonly [number, number])[] = [];
    for (let index = 0; index <= LOOKS; index++) {
      await settled(Math.max(0, began + (index * seconds * 1000) / LOOKS - performance.now()));
      const hours = (performance.now() - began) / 3.6e6;
      const { heap, renderer } = await memoryOf(page);
      memory.push({ hours, heap, renderer, server: resident(server.pid) });
      const seen = await look(audience, site);
      offsets.push([hours, median(seen.offsets)]);
      rows.push([
        (hours * 60).toFixed(1),
        megabytes(heap),
        megabytes(renderer),
        megabytes(resident(server.pid)),
        spread(seen.latencies),
        `${spread(seen.offsets)} (${percentile(seen.offsets, 0).toFixed(0)}…${percentile(seen.offsets, 1).toFixed(0)})`,
        String(seen.stalls),
        (seen.latencies.length / seen.seconds).toFixed(1),
      ]);
    }
    const visible = await page.evaluate(() => document.visibilityState);
    const states = await page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
    console.log(
      `\nOn air from a tab that is ${visible}, ${CAMERA.width}x${CAMERA.height} at 30 frames a second, ${seconds} s; ms, p50/p95`,
    );
    printTable(rows);
    // What is loaded and filled at first is no leak: the first fifth is left out.
    const later = memory.slice(Math.ceil(LOOKS / 5));
    const growth = (pick: (sample: (typeof memory)[number]) => number): string =>
      `${(slope(later.map((sample) => [sample.hours, pick(sample) / 1e6])) / 60).toFixed(3)} MB a minute`;
    console.log(
      `Growth after the first fifth: page heap ${growth(({ heap }) => heap)}, renderer ${growth(({ renderer }) => renderer)}, ` +
        `server ${growth(({ server: bytes }) => bytes)}; sound against picture ${slope(offsets).toFixed(1)} ms an hour.\n` +
        `${report?.droppedFrames ?? '–'} pictures dropped, epoch ${report?.epoch ?? '–'}, states since it went live: ${states.slice(states.indexOf('live') + 1).join(', ') || 'none'}.`,
    );
  } finally {
    await studio.close();
    await audience.close();
    await site.close();
    await server.stop();
  }
}
