/** The network of one of two is cut, pulled or changed in the middle of a call; they and the server are hosts of a network of their own. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { setTimeout as outage } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { alerts, peersOf, reaches, seesMoving } from '../support/call-page.ts';
import { framesAfter, logFrames, longestStill } from '../support/frame-log.ts';
import { LoneChromium } from '../support/lone-chromium.ts';
import { type Host, Network, noNetwork } from '../support/network.ts';
import { ServerProcess } from '../support/server-process.ts';

const SECRET = { GLASSCAST_SECRET: 'a secret for a network of its own' };
/** Off this machine a server is in production mode; it lets everybody in, as a public one may. */
const OPEN_TO_ALL = ['--public', 'join,publish,watch,create', '--auto-create'];

/** As a visitor does: opens the demo, answers its form, joins. */
async function join(browser: LoneChromium, server: string, name: string): Promise<Page> {
  const page = await browser.open(`${server}/call.html`, logFrames);
  await page.locator('#room').fill('network');
  await page.locator('#name').fill(name);
  await page.locator('#ask button[type=submit]').click();
  await reaches(page, 'joined');
  return page;
}

describe('a call whose network fails on one side', { skip: noNetwork() }, () => {
  let network: Network;
  let server: ServerProcess;
  let moving: Host;
  const browsers: LoneChromium[] = [];
  let people: Page[] = [];

  before(async () => {
    network = new Network();
    const { launcher, address: host } = network.host('server', '10.77.0.1');
    const hosts = [network.host('ada', '10.77.0.11'), network.host('grace', '10.77.0.12')];
    [, moving] = hosts as [Host, Host];
    server = await ServerProcess.start({ host, launcher, args: OPEN_TO_ALL, env: SECRET });
    // Away from this machine a camera needs https; a test is spared the certificate.
    const args = [`--unsafely-treat-insecure-origin-as-secure=${server.url}`];
    for (const { launcher: on } of hosts) browsers.push(await LoneChromium.launch({ launcher: on, args }));
  });

  beforeEach(async () => {
    people = await Promise.all(browsers.map((browser, index) => join(browser, server.url, ['Ada', 'Grace'][index] ?? '')));
    for (const page of people) await seesMoving(page, 1, 'both see each other before anything happens');
  });

  afterEach(async () => {
    await Promise.all(people.splice(0).map((page) => page.close()));
  });

  after(async () => {
    for (const browser of browsers) await browser.close();
    await server?.kill();
    network?.close();
  });

  /** @param limit Milliseconds from `since` until both see each other move. */
  const recovers = async (t: TestContext, what: string, since: number, limit: number): Promise<void> => {
    const back = await Promise.all(people.map((page) => framesAfter(page, 1, since, limit)));
    await Promise.all(people.map((page) => reaches(page, 'joined', limit)));
    const joined = Date.now() - since;
    t.diagnostic(`${what}: pictures back after ${back.map((ms) => ms.toFixed(0)).join(' and ')} ms, both joined by ${joined} ms`);
    for (const [index, page] of people.entries()) {
      await seesMoving(page, 1, 'and they go on moving');
      assert.deepEqual(
        (await peersOf(page)).map(({ name }) => name),
        [index === 0 ? 'Grace' : 'Ada'],
      );
      assert.deepEqual(await alerts(page), []);
    }
  };

  const interrupted = async (seconds: number, stop: () => void, start: () => void): Promise<number> => {
    const from = Date.now();
    stop();
    await outage(seconds * 1000);
    for (const page of people) {
      const still = await longestStill(page, 1, from);
      assert.ok(still > seconds * 500, `the network was cut: pictures stood for ${still.toFixed(0)} ms`);
    }
    start();
    return Date.now();
  };

  for (const seconds of [5, 20]) {
    test(`lost for ${seconds} s without anybody being told, is back by itself`, async (t) => {
      const since = await interrupted(
        seconds,
        () => moving.cut(),
        () => moving.mend(),
      );
      await recovers(t, `${seconds} s lost`, since, 15_000);
    });

    test(`with the cable pulled for ${seconds} s, is back by itself`, async (t) => {
      const since = await interrupted(
        seconds,
        () => moving.unplug(),
        () => moving.plug(),
      );
      await recovers(t, `${seconds} s unplugged`, since, 15_000);
    });
  }

  test('goes on when the address changes', async (t) => {
    const since = Date.now();
    moving.readdress('10.77.0.22');
    // What was under way still arrives: the first picture after that is one over the new path.
    await recovers(t, 'another address', since + 500, 8000);
    const still = await Promise.all(people.map((page) => longestStill(page, 1, since)));
    t.diagnostic(`another address: pictures stood for ${still.map((ms) => ms.toFixed(0)).join(' and ')} ms`);
  });
});
