/**
 * What drawing on a picture costs: frames a second, the page's main thread, and latency by the clock in the picture; beside the camera alone,
 * and beside a loop on the main thread that detects, draws and captures a canvas, as pages did before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../test/support/chromium.ts';
import { faceModel, facePortrait, withoutFaceModel, withoutPortrait } from '../test/support/face-model.ts';
import { MODEL, OVERLAID_TRACK, PORTRAIT, startOverlaySite, VISION_LIBRARY, VISION_WASM } from '../test/support/overlay-site.ts';
import { type FacesWay, installFacesBench } from './faces-page.ts';
import { median, percentile, printTable, spread } from './figures.ts';

const SIZES = [
  { width: 640, height: 480 },
  { width: 1280, height: 720 },
] as const;
const FRAME_RATE = 30;
/** Until what runs often has been compiled. */
const SETTLE_MS = 1_000;
const DETECTION_PATIENCE_MS = 20_000;
/** Of the page's main thread, at 1280x720. */
const BUDGET = { frame: 4, task: 50 } as const;

const vision = { model: MODEL, wasm: VISION_WASM };
const overlaid = (...overlays: { name: string; options?: Record<string, unknown> }[]): FacesWay => ({
  kind: 'overlaid',
  module: OVERLAID_TRACK,
  overlays,
  ...vision,
});

interface Row {
  readonly name: string;
  readonly way: FacesWay;
  readonly detects: boolean;
}

const ROWS: readonly Row[] = [
  { name: 'camera alone', way: { kind: 'camera' }, detects: false },
  { name: 'overlay: none', way: overlaid(), detects: false },
  { name: 'overlay: watermark', way: overlaid({ name: 'watermark', options: { text: 'Glasscast' } }), detects: false },
  { name: 'overlay: face-contour', way: overlaid({ name: 'face-contour' }), detects: true },
  { name: 'overlay: hide-face', way: overlaid({ name: 'hide-face' }), detects: true },
  { name: 'overlay: hide-face, not strict', way: overlaid({ name: 'hide-face', options: { strict: false } }), detects: true },
  { name: 'loop on the main thread', way: { kind: 'page-loop', library: VISION_LIBRARY, ...vision }, detects: true },
];

interface Load {
  readonly framesPerSecond: readonly number[];
  readonly detections: readonly number[];
  /** Of the page's main thread, a frame put out, one value a second. */
  readonly mainThread: readonly number[];
  readonly longTasks: number;
  readonly longest: number;
  readonly latencies: readonly number[];
  readonly dropped: number | null;
}

/** Seconds that the page's main thread has worked. */
const busy = async (page: Page): Promise<number> => (await page.metrics()).TaskDuration ?? Number.NaN;

async function detecting(page: Page): Promise<void> {
  const end = performance.now() + DETECTION_PATIENCE_MS;
  while (!((await page.evaluate(() => facesBench.read())).detections ?? 0)) {
    if (performance.now() > end) throw new Error('no face was looked for');
    await sleep(200);
  }
}

async function measure(page: Page, size: (typeof SIZES)[number], { way, detects }: Row, seconds: number): Promise<Load> {
  const camera = { ...size, frameRate: FRAME_RATE, portrait: PORTRAIT };
  await page.evaluate((options, asked) => facesBench.open(options, asked), camera, way);
  if (detects) await detecting(page);
  await sleep(SETTLE_MS);
  const framesPerSecond: number[] = [];
  const detections: number[] = [];
  const mainThread: number[] = [];
  const latencies: number[] = [];
  let [longTasks, longest, dropped]: [number, number, number | null] = [0, 0, null];
  const { dropped: before } = await page.evaluate(() => facesBench.read());
  for (let second = 0; second < seconds; second++) {
    const [busyBefore, since] = [await busy(page), performance.now()];
    await sleep(1000);
    const worked = (await busy(page)) - busyBefore;
    const reading = await page.evaluate(() => facesBench.read());
    const lasted = (performance.now() - since) / 1000;
    framesPerSecond.push(reading.latencies.length / lasted);
    mainThread.push((worked * 1000) / reading.latencies.length);
    latencies.push(...reading.latencies);
    if (reading.detections !== null) detections.push(way.kind === 'page-loop' ? reading.detections / lasted : reading.detections);
    longTasks += reading.longTasks;
    longest = Math.max(longest, reading.longest);
    if (reading.dropped !== null) dropped = reading.dropped - (before ?? 0);
  }
  return { framesPerSecond, detections, mainThread, latencies, longTasks, longest, dropped };
}

const fine = (values: readonly number[]): string =>
  values.length === 0 ? '–' : `${median(values).toFixed(2)}/${percentile(values, 0.95).toFixed(2)}`;

export async function benchFaces(seconds: number): Promise<void> {
  const [model, portrait] = [faceModel(), facePortrait()];
  if (model === undefined || portrait === undefined) {
    console.log(`\nFaces: left out, ${withoutFaceModel() || withoutPortrait()}`);
    return;
  }
  const site = await startOverlaySite({ model, portrait });
  const chromium = await Chromium.launch();
  try {
    for (const size of SIZES) {
      const rows = [
        ['', 'frames/s', 'dropped', 'detections/s', 'main thread, ms a frame', 'budget', 'long tasks', 'latency, ms', 'added, ms'],
      ];
      let floor = Number.NaN;
      for (const row of ROWS) {
        const page = await chromium.open(site.url, (opened) => opened.evaluateOnNewDocument(installFacesBench));
        // What floors are made of settles soon.
        const load = await measure(page, size, row, row.detects ? seconds : Math.ceil(seconds / 2));
        await page.close();
        if (row.way.kind === 'camera') floor = median(load.latencies);
        const kept = median(load.mainThread) <= BUDGET.frame && load.longest <= BUDGET.task;
        rows.push([
          row.name,
          spread(load.framesPerSecond),
          load.dropped === null ? '–' : `${load.dropped}`,
          row.detects ? spread(load.detections) : '–',
          fine(load.mainThread),
          row.way.kind === 'camera' || size.height < 720 ? '–' : kept ? 'kept' : 'broken',
          `${load.longTasks} (${load.longest.toFixed(0)} ms)`,
          fine(load.latencies),
          (median(load.latencies) - floor).toFixed(1),
        ]);
      }
      console.log(
        `\nOverlays on a camera with a face, ${size.width}x${size.height} at ${FRAME_RATE} frames a second, ${seconds} s; median/95th percentile;` +
          ` budget at 1280x720: ${BUDGET.frame} ms of main thread a frame, no task over ${BUDGET.task} ms`,
      );
      printTable(rows);
    }
    // MediaPipe's library reports what it has begun as errors.
    for (const complaint of chromium.complaints.filter((text) => !text.startsWith('INFO:'))) console.log(`A page said: ${complaint}`);
  } finally {
    await chromium.close();
    await site.close();
  }
}
