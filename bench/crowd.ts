/** Eight pages in one room on this machine: how long until all see all, and what a page costs. Linux only. */
import { readFileSync } from 'node:fs';
import { setTimeout as settled } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import type { Room } from '../test/support/call-page.ts';
import { Chromium } from '../test/support/chromium.ts';
import { startEmbeddingSite } from '../test/support/embedding-page.ts';
import { logFrames } from '../test/support/frame-log.ts';
import { median, percentile, printTable } from './figures.ts';
import { ChildServer } from './server-process.ts';

const PEOPLE = 8;
const LINKS = (PEOPLE * (PEOPLE - 1)) / 2;
/** Until encoders have found their bitrates. */
const SETTLE_MS = 10_000;
const PATIENCE_MS = 90_000;
/** Eight windows are drawn by this machine as well, which eight people's machines would do each for itself. */
const VIEWPORT = { width: 480, height: 360 };
const SIZES: readonly (readonly [name: string, attributes: Readonly<Record<string, string>>])[] = [
  ['320 px wide, 10 frames a second', { 'capture-width': '320', 'capture-height': '180', 'frame-rate': '10' }],
  ['default size', {}],
];

interface Processes {
  /** Seconds of CPU by process id. */
  readonly cpu: ReadonlyMap<number, number>;
  readonly renderers: readonly number[];
}

/** Kilobytes that are a process's own share of memory. */
function proportionalMemory(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN);
}

async function processesOf(chromium: Chromium): Promise<Processes> {
  const session = await chromium.browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return {
    cpu: new Map(processInfo.map(({ id, cpuTime }) => [id, cpuTime])),
    renderers: processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id),
  };
}

/** Runs in the page, before the others join: adds a room, and joins it. */
function enter(attributes: Readonly<Record<string, string>>): void {
  const element = document.createElement('rtc-room');
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.append(element);
}

const heapOf = async (page: Page): Promise<number> => ((await page.metrics()).JSHeapUsedSize ?? Number.NaN) / 1e6;

/** Milliseconds until the pages count so many together; or how many they came to, where patience ends first. */
async function until(pages: readonly Page[], wanted: number, started: number, count: () => number): Promise<string> {
  for (;;) {
    const counted = (await Promise.all(pages.map((page) => page.evaluate(count)))).reduce((sum, one) => sum + one, 0);
    const taken = performance.now() - started;
    if (counted >= wanted) return taken.toFixed(0);
    if (taken > PATIENCE_MS) return `${counted} of ${wanted} ends`;
    await settled(100);
  }
}

async function crowd(name: string, attributes: Readonly<Record<string, string>>, seconds: number): Promise<string[]> {
  const server = await ChildServer.glasscast();
  const site = await startEmbeddingSite(server.url);
  const chromium = await Chromium.launch();
  const pages: Page[] = [];
  try {
    for (let person = 0; person < PEOPLE; person++) {
      const page = await chromium.open(site.page(''), logFrames);
      await page.setViewport(VIEWPORT);
      pages.push(page);
    }
    for (const page of pages) await page.waitForFunction(() => customElements.get('rtc-room') !== undefined);
    const started = performance.now();
    for (const [person, page] of pages.entries()) {
      await page.evaluate(enter, { room: 'crowd', 'no-prejoin': '', 'display-name': `Person ${person + 1}`, ...attributes });
    }
    const entered = performance.now() - started;
    const linked = await until(pages, LINKS * 2, started, () =>
      (document.querySelector<Room>('rtc-room')?.peers ?? []).reduce((count, { link }) => count + (link === 'connected' ? 1 : 0), 0),
    );
    const moving = await until(pages, LINKS * 2, started, () => shownFrames().filter((log) => log.length > 1).length);
    await settled(SETTLE_MS);

    const [before, since, serverBefore, at] = [await processesOf(chromium), Date.now(), server.cpuSeconds, performance.now()];
    await settled(seconds * 1000);
    const [after, serverAfter, elapsed] = [await processesOf(chromium), server.cpuSeconds, (performance.now() - at) / 1000];
    const share = (pid: number): number => (((after.cpu.get(pid) ?? 0) - (before.cpu.get(pid) ?? 0)) / elapsed) * 100;
    // A renderer that no page of the call runs in (the browser's first, empty one) does next to nothing.
    const renderers = after.renderers.filter((pid) => share(pid) > 1);
    const rest = [...after.cpu.keys()].filter((pid) => !renderers.includes(pid));
    const rates = (
      await Promise.all(
        pages.map((page) =>
          page.evaluate(
            (from) =>
              shownFrames().map(
                (log) => log.filter((time) => time > from).length / ((performance.timeOrigin + performance.now() - from) / 1000),
              ),
            since,
          ),
        ),
      )
    ).flat();
    const heaps = await Promise.all(pages.map(heapOf));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return [
      name,
      entered.toFixed(0),
      linked,
      moving,
      `${(sum(renderers.map(share)) / PEOPLE).toFixed(0)} %`,
      `${sum(rest.map(share)).toFixed(0)} %`,
      `${(((serverAfter - serverBefore) / elapsed) * 100).toFixed(1)} %`,
      `${(median(renderers.map(proportionalMemory)) / 1000).toFixed(0)} MB${renderers.length === PEOPLE ? '' : ` (${renderers.length} processes)`}`,
      `${median(heaps).toFixed(1)} MB`,
      `${median(rates).toFixed(1)} (${percentile(rates, 0).toFixed(1)}–${percentile(rates, 1).toFixed(1)})`,
    ];
  } finally {
    await chromium.close();
    await site.close();
    await server.stop();
  }
}

export async function benchCrowd(seconds: number): Promise<void> {
  const rows: string[][] = [];
  for (const [name, attributes] of SIZES) rows.push(await crowd(name, attributes, Math.min(seconds, 30)));
  console.log(`\n${PEOPLE} pages in one room, all ${LINKS} links on this machine; ms from the first join, CPU in percent of a core`);
  printTable([
    [
      'capture',
      'all entered',
      'all links up',
      'every tile moves',
      'CPU a page',
      'browser, GPU, network',
      'server',
      'memory a page',
      'JS heap',
      'frames a second a tile',
    ],
    ...rows,
  ]);
}
