/** Both sides of a link look for another path at the same moment, as when the network between them was away: their offers cross. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { alerts, roomTag, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { framesAfter, logFrames } from '../support/frame-log.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const ROUNDS = 5;

describe('a link whose sides restart at the same moment', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let chromium: Chromium;
  let people: Page[];

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
    people = [
      await chromium.open(site.page(roomTag('glare', 'Ada')), logFrames),
      await chromium.open(site.page(roomTag('glare', 'Grace')), logFrames),
    ];
    for (const page of people) await seesMoving(page, 1, 'both see each other before anything happens');
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.close();
  });

  // Chromium 156 shows nothing of a remote camera any more once it has rolled an offer back, though it goes on decoding.
  test('shows both sides pictures that move, however often', async (t) => {
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const at = Date.now() + 200;
      await Promise.all(
        people.map((page) =>
          page.evaluate(async (moment) => {
            while (performance.timeOrigin + performance.now() < moment) await new Promise((resolve) => setTimeout(resolve, 1));
            dispatchEvent(new Event('online'));
          }, at),
        ),
      );
      // Offers, answers and the first frames after them take less.
      const later = at + 1500;
      rounds.push(...(await Promise.all(people.map((page) => framesAfter(page, 1, later, 10_000)))));
      for (const page of people) await seesMoving(page, 1, 'and they go on moving');
    }
    t.diagnostic(`pictures ${rounds.map((ms) => ms.toFixed(0)).join(', ')} ms after 1.5 s`);
    for (const page of people) assert.deepEqual(await alerts(page), []);
  });
});
