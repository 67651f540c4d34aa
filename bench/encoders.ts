/** What encoding costs the broadcaster's computer: all processes of its browser, beside the camera alone and a plain MediaRecorder. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import type { PublisherReport } from '../src/capture/publisher-options.ts';
import { Chromium } from '../test/support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../test/support/embedding-page.ts';
import { printTable } from './figures.ts';
import { ChildServer } from './server-process.ts';

const CAMERA = { width: 1280, height: 720, frameRate: 30 };
const TARGET = 2_000_000;
const FAKE_CAMERA = '--use-fake-device-for-media-stream';
/** Until the bit rate has settled and what runs often has been compiled. */
const SETTLE_MS = 6_000;

type Broadcaster = HTMLElement & { readonly report: PublisherReport | null; start(): Promise<void> };

interface Load {
  /** Percent of a core. */
  readonly cpu: number;
  readonly said: string;
}

/** CPU seconds of all processes of a browser so far. */
async function cpuOf({ browser }: Chromium): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** Runs in the page: the camera as a preview shows it, and where `recorder` is given, recorded in slices of a second. */
async function openCamera(camera: typeof CAMERA, recorder: { bitrate: number } | null): Promise<void> {
  const { width, height, frameRate } = camera;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height, frameRate } });
  const video = document.querySelector('video');
  if (video === null) throw new Error('no video');
  video.srcObject = stream;
  if (recorder === null) return;
  const recording = new MediaRecorder(stream, { mimeType: 'video/webm;codecs=vp8,opus', videoBitsPerSecond: recorder.bitrate });
  recording.ondataavailable = ({ data }) => void data.arrayBuffer();
  recording.start(1000);
}

async function measure(site: EmbeddingSite, body: string, seconds: number, begin: (page: Page) => Promise<void>): Promise<Load> {
  const chromium = await Chromium.launch({ args: [`${FAKE_CAMERA}=fps=${CAMERA.frameRate}`], without: [FAKE_CAMERA] });
  try {
    const page = await chromium.open(site.page(body));
    await begin(page);
    await sleep(SETTLE_MS);
    const [before, since] = [await cpuOf(chromium), performance.now()];
    await sleep(seconds * 1000);
    const cpu = ((await cpuOf(chromium)) - before) / ((performance.now() - since) / 1000);
    const report = await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.report ?? null);
    const layers = report?.layers.map(({ width, height, frameRate }) => `${width}x${height} at ${frameRate.toFixed(0)}`) ?? [];
    const dropped = report === null ? '' : `, ${report.droppedFrames} dropped`;
    return { cpu: cpu * 100, said: `${layers.join(', ')}${dropped}` };
  } finally {
    await chromium.close();
  }
}

export async function benchEncoders(seconds: number): Promise<void> {
  const server = await ChildServer.glasscast();
  const site = await startEmbeddingSite(server.url);
  try {
    const video = '<video autoplay muted playsinline></video>';
    const camera = await measure(site, video, seconds, (page) => page.evaluate(openCamera, CAMERA, null));
    const recorder = await measure(site, video, seconds, (page) => page.evaluate(openCamera, CAMERA, { bitrate: TARGET }));
    const rows = [['', 'CPU', 'beyond the camera', 'ratio to MediaRecorder', 'layers']];
    const add = (name: string, { cpu, said }: Load): void => {
      const beyond = cpu - camera.cpu;
      const ratio = beyond / (recorder.cpu - camera.cpu);
      rows.push([name, `${cpu.toFixed(0)} %`, `${beyond.toFixed(0)} %`, ratio.toFixed(2), said]);
    };
    add('camera and preview', camera);
    add('MediaRecorder, VP8, slices of 1 s', recorder);
    for (const layers of [1, 3]) {
      const size = `capture-width="${CAMERA.width}" capture-height="${CAMERA.height}"`;
      const body = `<rtc-broadcaster stream="bench-${layers}" ${size} bitrate="${TARGET}" layers="${layers}"></rtc-broadcaster>`;
      const load = await measure(site, body, seconds, (page) =>
        page.evaluate(async () => {
          await customElements.whenDefined('rtc-broadcaster');
          await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
        }),
      );
      add(`rtc-broadcaster, ${layers === 1 ? 'one layer' : `${layers} layers`}`, load);
    }
    console.log(`\nBroadcaster's browser, 1280x720 at 30 frames a second, 2 Mbit/s, with sound; ${seconds} s each, percent of a core`);
    printTable(rows);
  } finally {
    await site.close();
    await server.stop();
  }
}
