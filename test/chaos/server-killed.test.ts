/** The server is killed in the middle of a call of three, and comes back on the same port with nothing remembered. */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as outage } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { alerts, peersOf, reaches, roomTag, sees, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { framesAfter, logFrames, longestStill } from '../support/frame-log.ts';
import { ServerProcess } from '../support/server-process.ts';

const NAMES = ['Ada', 'Grace', 'Edith'];
/** A picture that stands for longer than this is seen to stand. */
const STILL_MS = 1500;

describe('a call whose server is killed', () => {
  let server: ServerProcess;
  let site: EmbeddingSite;
  let chromium: Chromium;
  const people: Page[] = [];

  before(async () => {
    server = await ServerProcess.start();
    site = await startEmbeddingSite(server.url);
    chromium = await Chromium.launch();
    for (const name of NAMES) people.push(await chromium.open(site.page(roomTag('outage', name)), logFrames));
    for (const page of people) await seesMoving(page, 2, 'everybody sees both others before anything happens');
  });

  after(async () => {
    await chromium?.close();
    await site?.close();
    await server?.kill();
  });

  /** @param limit Milliseconds from the restart until everybody has joined again: the client tries at least every five seconds. */
  const survives = async (t: TestContext, seconds: number, limit: number): Promise<void> => {
    const killed = Date.now();
    await server.kill();
    await Promise.all(people.map((page) => reaches(page, 'reconnecting')));
    await outage(seconds * 1000 - (Date.now() - killed));
    for (const page of people) {
      await sees(page, 2, 1000);
      const still = await longestStill(page, 2, killed);
      assert.ok(still < STILL_MS, `without a server pictures go on: one stood still for ${still.toFixed(0)} ms`);
    }

    const restarted = Date.now();
    await server.start();
    const up = Date.now();
    await Promise.all(people.map((page) => reaches(page, 'joined', limit)));
    const joined = Date.now();
    const pictures = await Promise.all(people.map((page) => framesAfter(page, 2, joined, 10_000)));
    const stood = await Promise.all(people.map((page) => longestStill(page, 2, restarted)));
    t.diagnostic(
      `${seconds} s away: server up ${up - restarted} ms after its start, all joined ${joined - up} ms later, ` +
        `all pictures ${Math.max(...pictures).toFixed(0)} ms after that; longest still ${Math.max(...stood).toFixed(0)} ms`,
    );
    for (const [index, page] of people.entries()) {
      await seesMoving(page, 2, `${NAMES[index]} sees both others again, or still`);
      const others = (await peersOf(page)).map(({ name }) => name).toSorted();
      assert.deepEqual(others, NAMES.filter((_, other) => other !== index).toSorted(), 'each of the others has one tile');
      assert.deepEqual(await alerts(page), []);
    }
  };

  test('for 10 s goes on, and everybody is back in it without a click', (t) => survives(t, 10, 15_000));

  test('for 60 s goes on, and everybody is back in it without a click', (t) => survives(t, 60, 15_000));

  test('lets in who comes after that', async () => {
    const page = await chromium.open(site.page(roomTag('outage', 'Hedy')), logFrames);
    await seesMoving(page, 3, 'the newcomer sees all three');
    for (const other of people) await seesMoving(other, 3, 'and each of the three sees the newcomer');
    await page.close();
    for (const other of people) await sees(other, 2, 2000);
  });
});
