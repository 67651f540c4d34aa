/** A page that joins and leaves again and again, and one that stays, keep nothing of the calls that are over. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as settled } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { roomTag, sees } from '../support/call-page.ts';
import { type Census, cloneDevices, countTimers, SETTLED_MS, takeCensus } from '../support/census.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { type Visits, visit } from '../support/join-and-leave.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const VISITS = 10;
/** Of each, what may be there more at one time than at another, since the engine frees late; a leak is one a visit, or more. */
const SLACK: Readonly<Record<keyof Census, number>> = {
  // Bytes: compiled code and what the engine learns of it.
  heap: VISITS * 60_000,
  // One call may be freed late: it has some 25, where a leak of each would have 250.
  listeners: VISITS * 4,
  // A tile has some 150, most of them the browser's own.
  nodes: VISITS * 80,
  connections: VISITS / 2,
  dataChannels: VISITS / 2,
  streams: VISITS / 2,
  liveTracks: 0,
  videos: VISITS / 2,
  audioContexts: 0,
  workers: 0,
  timers: 2,
};

describe('a page after calls', { concurrency: true }, () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  const open = (body: string): Promise<Page> =>
    chromium.open(site.page(body), async (page) => {
      await page.evaluateOnNewDocument(countTimers);
      await page.evaluateOnNewDocument(cloneDevices);
    });

  for (const how of ['leave', 'remove'] as const) {
    const calls = how === 'leave' ? 'calls that it left' : 'calls whose element it removed';
    test(`keeps nothing of ${VISITS} ${calls}, nor does the page that stayed`, async (t) => {
      const room = `leaks-${how}`;
      const stays = await open(roomTag(room, 'Stays'));
      const comes = await open('');
      await comes.waitForFunction(() => customElements.get('rtc-room') !== undefined);
      const after = async (times: number): Promise<Record<'stays' | 'comes', Census>> => {
        await comes.evaluate(visit, { room, times, how } satisfies Visits);
        await sees(stays, 0, 5000);
        await settled(SETTLED_MS);
        return { stays: await takeCensus(stays), comes: await takeCensus(comes) };
      };
      // The first calls load what is loaded on demand, and have it compiled.
      const [earlier, later] = [await after(VISITS / 2), await after(VISITS)];
      const grown = (['stays', 'comes'] as const).flatMap((who) => {
        const kinds = Object.keys(SLACK) as (keyof Census)[];
        t.diagnostic(`who ${who}: ${kinds.map((kind) => `${kind} ${earlier[who][kind]} → ${later[who][kind]}`).join(', ')}`);
        return kinds
          .filter((kind) => later[who][kind] - earlier[who][kind] > SLACK[kind])
          .map((kind) => `${kind} of who ${who}: ${earlier[who][kind]} → ${later[who][kind]}`);
      });
      assert.deepEqual(grown, []);
      await Promise.all([stays.close(), comes.close()]);
    });
  }
});
