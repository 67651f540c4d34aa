/** A network that lets no WebSocket through: long polling carries the call. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { alerts, leave, type Room, reaches, roomTag, sees, seesMoving } from '../support/call-page.ts';
import { Chromium } from '../support/chromium.ts';
import { startEmbeddingSite } from '../support/embedding-page.ts';
import { framesAfter, logFrames } from '../support/frame-log.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { startSocketlessProxy } from '../support/socketless-proxy.ts';

describe('where WebSockets are blocked', () => {
  let server: TestServer;
  let chromium: Chromium;

  before(async () => {
    server = await startTestServer();
    chromium = await Chromium.launch();
  });

  after(async () => {
    await chromium?.close();
    await server?.close();
  });

  for (const how of ['refuse', 'drop'] as const) {
    test(`a call is carried by long polling (sockets ${how === 'refuse' ? 'refused' : 'dropped'})`, async (t) => {
      const proxy = await startSocketlessProxy(server.url, how);
      // One of the three is on a network without the obstacle.
      const [blocked, free] = [await startEmbeddingSite(proxy.url), await startEmbeddingSite(server.url)];
      const people: Page[] = [];
      try {
        const started = Date.now();
        for (const [name, site] of [
          ['Ada', blocked],
          ['Grace', blocked],
          ['Edith', free],
        ] as const) {
          people.push(await chromium.open(site.page(roomTag(`poll-${how}`, name)), logFrames));
        }
        const first = await Promise.all(people.map((page) => framesAfter(page, 2, started, 20_000)));
        t.diagnostic(`all see both others ${Math.max(...first).toFixed(0)} ms after the first page was opened`);
        for (const page of people) {
          await seesMoving(page, 2, 'everybody sees both others');
          assert.deepEqual(await alerts(page), []);
        }
        assert.ok(proxy.refused() >= 2, 'WebSockets were tried, and refused');

        const [ada, grace, edith] = people as [Page, Page, Page];
        const muted = Date.now();
        await ada.evaluate(() => document.querySelector<Room>('rtc-room')?.setMicrophoneEnabled(false));
        const isMuted = (): boolean => document.querySelector<Room>('rtc-room')?.peers.some(({ microphone }) => !microphone) ?? false;
        await Promise.all([grace, edith].map((page) => page.waitForFunction(isMuted, { timeout: 3000, polling: 20 })));
        t.diagnostic(`a mute was seen by both others within ${Date.now() - muted} ms`);

        const left = Date.now();
        await leave(ada);
        await Promise.all([grace, edith].map((page) => sees(page, 1, 2000)));
        t.diagnostic(`one who left was gone within ${Date.now() - left} ms`);
        await reaches(ada, 'left');
      } finally {
        await Promise.all(people.map((page) => page.close()));
        await Promise.all([blocked.close(), free.close()]);
        await proxy.close();
      }
    });
  }
});
