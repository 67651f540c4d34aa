/** What pages keep alive before and after a hundred calls: one that comes and goes, and one that stays. */
import { setTimeout as settled } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { roomTag, sees } from '../test/support/call-page.ts';
import { type Census, cloneDevices, countTimers, SETTLED_MS, takeCensus } from '../test/support/census.ts';
import { Chromium } from '../test/support/chromium.ts';
import { startEmbeddingSite } from '../test/support/embedding-page.ts';
import { type Visits, visit } from '../test/support/join-and-leave.ts';
import { printTable } from './figures.ts';
import { ChildServer } from './server-process.ts';

/** Until what is loaded on demand is loaded, and compiled. */
const WARMING = 10;
const KINDS: readonly (readonly [keyof Census, string])[] = [
  ['heap', 'JS heap, kB'],
  ['listeners', 'event listeners'],
  ['nodes', 'DOM nodes'],
  ['connections', 'peer connections'],
  ['dataChannels', 'data channels'],
  ['streams', 'media streams'],
  ['liveTracks', 'live tracks'],
  ['videos', 'video elements'],
  ['audioContexts', 'audio contexts'],
  ['workers', 'workers'],
  ['timers', 'timers'],
];

type Both = Record<'comes' | 'stays', Census>;

const shown = (kind: keyof Census, census: Census): string => (kind === 'heap' ? (census.heap / 1000).toFixed(0) : String(census[kind]));

const growth = (kind: keyof Census, visits: number, before: Census, after: Census): string =>
  ((after[kind] - before[kind]) / visits / (kind === 'heap' ? 1000 : 1)).toFixed(2);

export async function benchLeaks(seconds: number): Promise<void> {
  // A visit takes about half a second; the usual minute makes a hundred, half of them in each way.
  const visits = Math.max(10, Math.round((seconds * 100) / 60 / 2));
  const server = await ChildServer.glasscast();
  const site = await startEmbeddingSite(server.url);
  const chromium = await Chromium.launch();
  const open = (body: string): Promise<Page> =>
    chromium.open(site.page(body), async (page) => {
      await page.evaluateOnNewDocument(countTimers);
      await page.evaluateOnNewDocument(cloneDevices);
    });
  try {
    for (const how of ['leave', 'remove'] as const) {
      const room = `leaks-${how}`;
      const stays = await open(roomTag(room, 'Stays'));
      const comes = await open('');
      await comes.waitForFunction(() => customElements.get('rtc-room') !== undefined);
      const after = async (times: number): Promise<Both> => {
        for (let done = 0; done < times; done += WARMING) await comes.evaluate(visit, { room, how, times: WARMING } satisfies Visits);
        await sees(stays, 0, 10_000);
        await settled(SETTLED_MS);
        return { comes: await takeCensus(comes), stays: await takeCensus(stays) };
      };
      const before = await after(WARMING);
      const rounds = Math.ceil(visits / WARMING) * WARMING;
      const later = await after(rounds);
      const way = how === 'leave' ? 'leave() and join() of one element' : 'an element removed, and a new one';
      console.log(`\nWhat is kept of ${rounds} calls (${way}), after ${WARMING} that were not counted; garbage collected`);
      printTable([
        ['', 'who comes and goes: before', 'after', 'a call', 'who stays: before', 'after', 'a call'],
        ...KINDS.map(([kind, name]) => [
          name,
          ...(['comes', 'stays'] as const).flatMap((who) => [
            shown(kind, before[who]),
            shown(kind, later[who]),
            growth(kind, rounds, before[who], later[who]),
          ]),
        ]),
      ]);
      await Promise.all([stays.close(), comes.close()]);
    }
  } finally {
    await chromium.close();
    await site.close();
    await server.stop();
  }
}
