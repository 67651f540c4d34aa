/** The broadcaster where things are not as usual: policies that forbid workers, tokens that end, servers that restart, busy pages. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { keepStreams, openTracks } from '../support/kept-streams.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Broadcaster extends HTMLElement {
  readonly state: string;
  readonly report: { readonly frameRate: number; readonly epoch: number } | null;
  token: string | null;
  tokenProvider: (() => Promise<string>) | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SECRET = 'a secret that is long enough for HS256 to accept it';
const DIST = path.resolve(import.meta.dirname, '../../dist');

const start = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await customElements.whenDefined('rtc-broadcaster');
    await document.querySelector<Broadcaster>('rtc-broadcaster')?.start();
  });

const stop = (page: Page): Promise<void> => page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.stop());

const reaches = async (page: Page, state: string, timeout: number): Promise<void> => {
  const wanted = (name: string): boolean => document.querySelector<Broadcaster>('rtc-broadcaster')?.state === name;
  await page.waitForFunction(wanted, { timeout, polling: 50 }, state);
};

async function streamState(server: string, stream: string): Promise<string> {
  const response = await fetch(`${server}/api/streams/${stream}`);
  return response.status === 404 ? 'absent' : ((await response.json()) as { state: string }).state;
}

/** The first frames are acknowledged a moment before the server has placed them in time, which is when viewers find them. */
async function untilWatchable(server: string, stream: string): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await streamState(server, stream)) !== 'live') assert.ok(Date.now() < end, `${stream} is not live on the server`);
}

/** The video's media playlist, as a viewer would find it now. */
async function playlist(server: string, stream: string): Promise<MediaPlaylist> {
  await untilWatchable(server, stream);
  const master = `${server}/live/${stream}/index.m3u8`;
  const text = await (await fetch(master)).text();
  const media = text.split('\n').find((line) => line !== '' && !line.startsWith('#'));
  return parseMediaPlaylist(await (await fetch(new URL(media ?? '', master))).text());
}

/** Parts with media that came after the segment and part at which `before` ended. */
function partsSince(before: MediaPlaylist, now: MediaPlaylist): number {
  const count = ({ segments }: MediaPlaylist, from: number): number =>
    segments.filter(({ msn }) => msn >= from).flatMap(({ parts }) => parts.filter(({ gap }) => !gap)).length;
  const from = before.segments.at(-1)?.msn ?? 0;
  return count(now, from) - count(before, from);
}

describe('the broadcaster', () => {
  let server: TestServer;
  let site: EmbeddingSite;
  let studio: Chromium;

  before(async () => {
    server = await startTestServer();
    site = await startEmbeddingSite(server.url);
    studio = await Chromium.launch();
  });

  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(async () => {
    await studio?.close();
    await site?.close();
    await server?.close();
  });

  const open = async (where: EmbeddingSite, stream: string, attributes = ''): Promise<Page> => {
    const body = `<rtc-broadcaster stream="${stream}" capture-width="640" capture-height="480" ${attributes}></rtc-broadcaster>`;
    const page = await studio.open(where.page(body), (opened) => opened.evaluateOnNewDocument(keepStreams));
    ends.push(() => page.close());
    return page;
  };

  const serve = async (...settings: Parameters<typeof startTestServer>): Promise<TestServer> => {
    const started = await startTestServer(...settings);
    ends.push(() => started.close(0));
    return started;
  };

  const embed = async (...options: Parameters<typeof startEmbeddingSite>): Promise<EmbeddingSite> => {
    const started = await startEmbeddingSite(...options);
    ends.push(() => started.close());
    return started;
  };

  test('runs in a worker, and on when the page is blocked for two seconds', async () => {
    const page = await open(site, 'busy');
    await start(page);
    assert.equal(page.workers().filter((worker) => worker.url().startsWith('blob:')).length, 1);
    const earlier = await playlist(server.url, 'busy');
    await page.evaluate(() => {
      const end = performance.now() + 2000;
      while (performance.now() < end);
    });
    const parts = partsSince(earlier, await playlist(server.url, 'busy'));
    assert.ok(parts >= 8, `${parts} parts of 200 ms came in the two seconds`);
    assert.equal(await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.state), 'live');
  });

  test('runs on the page itself where its policy forbids workers', async () => {
    const strict = await embed(server.url, { workers: "'none'" });
    const page = await open(strict, 'no-workers');
    await start(page);
    assert.deepEqual(page.workers(), []);
    const earlier = await playlist(server.url, 'no-workers');
    await page.waitForFunction(() => (document.querySelector<Broadcaster>('rtc-broadcaster')?.report?.frameRate ?? 0) > 10, {
      timeout: 30_000,
    });
    const end = Date.now() + 30_000;
    while (partsSince(earlier, await playlist(server.url, 'no-workers')) < 3) assert.ok(Date.now() < end, 'media arrives');
    await stop(page);
    assert.deepEqual(await openTracks(page), []);
    assert.equal(await streamState(server.url, 'no-workers'), 'ended');
  });

  test('runs in a copy of the worker on the own origin where the policy allows no other', async () => {
    const strict = await embed(server.url, { workers: "'self'" });
    const [worker = ''] = globSync('chunks/publisher.worker-*.js', { cwd: DIST });
    const copy = strict.script(await readFile(path.join(DIST, worker), 'utf8'));
    const page = await open(strict, 'own-copy', `worker-url="${new URL(copy).pathname}"`);
    await start(page);
    assert.deepEqual(
      page.workers().map((running) => running.url()),
      [copy],
    );
    await untilWatchable(server.url, 'own-copy');
  });

  test('renews its token from within the worker and stays live', async () => {
    const guarded = await serve({ secret: SECRET, origins: ['*'], public: ['watch'] });
    const elsewhere = await embed(guarded.url);
    const page = await open(elsewhere, 'guarded');
    const grants = [{ stream: 'guarded', can: ['publish' as const] }];
    let asked = 0;
    await page.exposeFunction('nextToken', () => signToken(SECRET, { sub: 'ada', grants, ttl: asked++ === 0 ? 4 : 300 }));
    await page.evaluate(() => {
      const element = document.querySelector<Broadcaster>('rtc-broadcaster');
      if (element) element.tokenProvider = () => (globalThis as unknown as { nextToken(): Promise<string> }).nextToken();
    });
    const states: string[] = [];
    await page.exposeFunction('tellState', (state: string) => states.push(state));
    await page.evaluate(() => {
      const tell = (globalThis as unknown as { tellState(state: string): void }).tellState;
      document.addEventListener('rtc-state', (event) => tell((event as CustomEvent<{ state: string }>).detail.state));
    });
    await start(page);
    const first = Date.now();
    // Past the end of the first token, by which the server would have thrown it out.
    await page.waitForFunction((since) => Date.now() > since + 5000, { polling: 200 }, first);
    assert.ok(asked >= 2, `the page was asked for a token ${asked} times`);
    assert.equal(states.at(-1), 'live');
    assert.ok(!states.includes('reconnecting'), states.join(', '));
    assert.equal(await streamState(guarded.url, 'guarded'), 'live');
  });

  test('is live again by itself after the server has restarted', async () => {
    const first = await serve();
    const elsewhere = await embed(first.url);
    const page = await open(elsewhere, 'restarted');
    await start(page);
    await first.close();
    await reaches(page, 'reconnecting', 30_000);
    const second = await serve({ port: first.port });
    await reaches(page, 'live', 30_000);
    await untilWatchable(second.url, 'restarted');
    await stop(page);
    assert.equal(await streamState(second.url, 'restarted'), 'ended');
  });

  test('keeps its figures and its link within 160 px while it is live', async () => {
    const page = await open(site, 'narrow', 'watch-url="/watch?{stream}"');
    await page.evaluate(() => document.querySelector<Broadcaster>('rtc-broadcaster')?.style.setProperty('inline-size', '160px'));
    await start(page);
    await page.waitForFunction(() => deepQuery('[part="figures"]').length === 1, { timeout: 30_000 });
    const cut = await page.evaluate(() => {
      const right = deepQuery('[part="card"]')[0]?.getBoundingClientRect().right ?? 0;
      const shown = deepQuery('rtc-broadcaster >>> :is(button:not([hidden] *), dd, a)');
      return shown.filter((element) => element.getBoundingClientRect().right > right || element.scrollWidth > element.clientWidth + 1)
        .length;
    });
    assert.equal(cut, 0);
  });

  test('frees camera and worker when it is removed while starting, whenever that is', async () => {
    for (const delay of [0, 30, 150, 400, 800]) {
      const page = await open(site, 'removed');
      const outcome = await page.evaluate(async (wait) => {
        await customElements.whenDefined('rtc-broadcaster');
        const element = document.querySelector<Broadcaster>('rtc-broadcaster');
        const starting = element?.start().then(
          () => 'live',
          (error: { code: string }) => error.code,
        );
        await new Promise((resolve) => setTimeout(resolve, wait));
        element?.remove();
        return starting;
      }, delay);
      assert.ok(outcome === 'aborted' || outcome === 'live', `${delay} ms: ${outcome}`);
      await page.waitForFunction(() => keptStreams.every((stream) => !stream.active), { timeout: 30_000 });
      while (page.workers().length > 0) await new Promise((resolve) => page.once('workerdestroyed', resolve));
      assert.notEqual(await streamState(server.url, 'removed'), 'live', `${delay} ms`);
    }
  });

  test('leaks nothing in twenty starts and stops', async () => {
    const page = await open(site, 'again');
    const devtools = await page.createCDPSession();
    const counts = async (): Promise<{ listeners: number; nodes: number }> => {
      await devtools.send('HeapProfiler.collectGarbage');
      const { JSEventListeners = 0, Nodes = 0 } = await page.metrics();
      return { listeners: JSEventListeners, nodes: Nodes };
    };
    await start(page);
    await stop(page);
    const once = await counts();
    for (let round = 0; round < 20; round++) {
      // Most are called off on the way; every fifth goes live.
      await page.evaluate(
        async (wait) => {
          const element = document.querySelector<Broadcaster>('rtc-broadcaster');
          const starting = element?.start().catch((error: { code: string }) => error.code);
          await (wait === null ? starting : new Promise((resolve) => setTimeout(resolve, wait)));
          await element?.stop();
        },
        round % 5 === 4 ? null : round * 30,
      );
    }
    assert.deepEqual(await openTracks(page), []);
    while (page.workers().length > 0) await new Promise((resolve) => page.once('workerdestroyed', resolve));
    const often = await counts();
    assert.ok(often.listeners - once.listeners < 10, `${once.listeners} listeners, then ${often.listeners}`);
    assert.ok(often.nodes - once.nodes < 40, `${once.nodes} nodes, then ${often.nodes}`);
    assert.notEqual(await streamState(server.url, 'again'), 'live');
  });
});
