/** A broadcaster's page to a viewer's page over LL-HLS, beside a bare pair of peer connections in the same browsers. */
import { Chromium } from '../test/support/chromium.ts';
import { type GlassReport, installClockCamera, readClock } from '../test/support/clock-camera.ts';
import { startEmbeddingSite } from '../test/support/embedding-page.ts';
import { deepOne } from '../test/support/media-probe.ts';
import { startBarePair } from './bare-pair.ts';
import { median, printTable, spread } from './figures.ts';
import { ChildServer } from './server-process.ts';

const CLOCK = { width: 640, height: 480, frameRate: 30 };
/** Time for the latency control to reach its target, and for clocks to be aligned. */
const SETTLE_SECONDS = 8;

interface Run extends GlassReport {
  readonly serverCpu: number;
  readonly bare: GlassReport;
}

async function run(partDuration: string, transport: string, seconds: number): Promise<Run> {
  const server = await ChildServer.glasscast(['--part-duration', partDuration]);
  const site = await startEmbeddingSite(server.url);
  const studio = await Chromium.launch();
  const audience = await Chromium.launch();
  try {
    const floor = await audience.open(site.page('<video autoplay playsinline></video>'), (page) =>
      page.evaluateOnNewDocument(installClockCamera, CLOCK),
    );
    const pair = await deepOne<HTMLVideoElement>(floor, 'video');
    await pair.evaluate(startBarePair);
    const bare = await pair.evaluate(readClock, { seconds: Math.min(20, seconds), sound: true });
    await floor.close();

    const body = `<rtc-broadcaster stream="bench" capture-width="640" capture-height="480" transport="${transport}"></rtc-broadcaster>`;
    const live = await studio.open(site.page(body), (page) => page.evaluateOnNewDocument(installClockCamera, CLOCK));
    await live.evaluate(async () => {
      await customElements.whenDefined('rtc-broadcaster');
      await (document.querySelector('rtc-broadcaster') as HTMLElement & { start(): Promise<void> }).start();
    });
    const viewer = await audience.open(site.page('<hls-viewer stream="bench" autoplay></hls-viewer>'));
    const video = await deepOne<HTMLVideoElement>(viewer, 'video');
    await video.evaluate((element) => new Promise<void>((resolve) => element.requestVideoFrameCallback(() => resolve())));
    await video.evaluate((element, wait) => {
      const until = element.currentTime + wait;
      return new Promise<void>((resolve) =>
        element.addEventListener('timeupdate', function check() {
          if (element.currentTime < until) return;
          element.removeEventListener('timeupdate', check);
          resolve();
        }),
      );
    }, SETTLE_SECONDS);
    const before = server.cpuSeconds;
    const report = await video.evaluate(readClock, { seconds, sound: true });
    return { ...report, serverCpu: (server.cpuSeconds - before) / report.seconds, bare };
  } finally {
    await studio.close();
    await audience.close();
    await site.close();
    await server.stop();
  }
}

export async function benchBroadcast(seconds: number): Promise<void> {
  const rows = [['', 'glass to glass', 'budget p50', 'ratio to bare', 'sound − picture', 'stalls', 'frames/s', 'server CPU']];
  for (const [parts, transport, budget] of [
    ['200ms', 'channel', '500'],
    ['100ms', 'channel', '400'],
    ['200ms', 'http', '500'],
  ] as const) {
    const { latencies, offsets, stalls, serverCpu, bare, seconds: measured } = await run(parts, transport, seconds);
    rows.push([
      'bare pair',
      spread(bare.latencies),
      '',
      '1.00',
      spread(bare.offsets),
      '',
      (bare.latencies.length / bare.seconds).toFixed(1),
      '',
    ]);
    rows.push([
      `LL-HLS, parts of ${parts}, sent by ${transport === 'http' ? 'POST' : 'WebSocket'}`,
      spread(latencies),
      budget,
      (median(latencies) / median(bare.latencies)).toFixed(1),
      spread(offsets),
      String(stalls),
      (latencies.length / measured).toFixed(1),
      `${(serverCpu * 100).toFixed(1)} % of a core`,
    ]);
  }
  console.log(`\nBroadcast, 640x480 at 30 frames a second with sound, loopback; ms, p50/p95; ${seconds} s each, one viewer`);
  printTable(rows);
}
