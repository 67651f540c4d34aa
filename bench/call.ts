/** A call of two beside a bare pair of peer connections, in turns: glass to glass, and from joining to the first remote frame. */
import type { Page } from 'puppeteer-core';
import { Chromium } from '../test/support/chromium.ts';
import { type GlassReport, installClockCamera, readClock } from '../test/support/clock-camera.ts';
import { startEmbeddingSite } from '../test/support/embedding-page.ts';
import { deepOne } from '../test/support/media-probe.ts';
import { startBarePair } from './bare-pair.ts';
import { median, printTable, spread } from './figures.ts';
import { ChildServer } from './server-process.ts';

const CLOCK = { width: 640, height: 480, frameRate: 30 };
const JOINS = 10;
const REMOTE = 'rtc-tile:not([local]) >>> video';

/** Adds a room to the page that joins at once; resolves with the milliseconds until another's first frame was shown. */
export function joinInPage(room: string, selector: string): Promise<number> {
  const started = performance.now();
  const element = document.createElement('rtc-room');
  element.setAttribute('room', room);
  element.setAttribute('no-prejoin', '');
  document.body.append(element);
  return new Promise((resolve) => {
    const look = (): void => {
      const [video] = deepQuery(selector);
      if (video instanceof HTMLVideoElement) video.requestVideoFrameCallback(() => resolve(performance.now() - started));
      else requestAnimationFrame(look);
    };
    look();
  });
}

export async function benchCall(seconds: number): Promise<void> {
  const server = await ChildServer.glasscast();
  const site = await startEmbeddingSite(server.url);
  const chromium = await Chromium.launch();
  const open = (body: string): Promise<Page> =>
    chromium.open(site.page(body), (page) => page.evaluateOnNewDocument(installClockCamera, CLOCK));
  const bareJoin: number[] = [];
  const roomJoin: number[] = [];
  const glass: Record<'bare' | 'room', GlassReport[]> = { bare: [], room: [] };
  try {
    for (let round = 0; round < JOINS; round++) {
      const bare = await open('<video autoplay playsinline></video>');
      const video = await deepOne<HTMLVideoElement>(bare, 'video');
      bareJoin.push(await video.evaluate(startBarePair));
      // Three of the rounds also measure glass to glass, each for a third of the time.
      if (round < 3) glass.bare.push(await video.evaluate(readClock, { seconds: seconds / 3, sound: true }));
      await bare.close();

      const host = await open('');
      await host.waitForFunction(() => customElements.get('rtc-room') !== undefined);
      const hosting = host.evaluate(joinInPage, `bench-${round}`, REMOTE);
      await deepOne(host, 'rtc-tile >>> video');
      const guest = await open('');
      await guest.waitForFunction(() => customElements.get('rtc-room') !== undefined);
      roomJoin.push(await guest.evaluate(joinInPage, `bench-${round}`, REMOTE));
      await hosting;
      if (round < 3) {
        const remote = await deepOne<HTMLVideoElement>(guest, REMOTE);
        glass.room.push(await remote.evaluate(readClock, { seconds: seconds / 3, sound: true }));
      }
      await guest.close();
      await host.close();
    }
  } finally {
    await chromium.close();
    await site.close();
    await server.stop();
  }
  const all = (reports: GlassReport[], of: 'latencies' | 'offsets'): number[] => reports.flatMap((report) => report[of]);
  const ratio = (ours: number[], floor: number[]): string => (median(ours) / median(floor)).toFixed(2);
  const [bare, room] = [all(glass.bare, 'latencies'), all(glass.room, 'latencies')];
  console.log(`\nCall of two, 640x480 at 30 frames a second, loopback; ms, p50/p95; ${seconds} s of glass to glass, ${JOINS} joins`);
  printTable([
    ['', 'glass to glass', 'ratio', 'sound − picture', 'to first remote frame', 'ratio', 'budget'],
    ['bare pair', spread(bare), '1.00', spread(all(glass.bare, 'offsets')), spread(bareJoin), '1.00', ''],
    ['rtc-room', spread(room), ratio(room, bare), spread(all(glass.room, 'offsets')), spread(roomJoin), ratio(roomJoin, bareJoin), '1.5'],
  ]);
}
