/** A viewer's page over the life of a stream: before it, through a pause, past its end; with tokens, and with nothing but a URL. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { Chromium } from '../support/chromium.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { deepOne, movesInPage } from '../support/media-probe.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Viewer extends HTMLElement {
  readonly state: string;
  token: string | null;
}

interface Broadcast {
  readonly publishKey: string;
  /** The connection breaks. */
  drop(): Promise<void>;
  end(): Promise<void>;
}

const SECRET = 'a secret that is long enough for HS256 to accept it';
const STREAM = 'show';

describe('a viewer', { timeout: 180_000 }, () => {
  let clip: Clip;
  let audience: Chromium;
  const ends: (() => Promise<unknown> | unknown)[] = [];

  before(async () => {
    clip = await encodeClip({ duration: 4 });
    audience = await Chromium.launch();
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(() => audience?.close());

  const serve = async (settings: Parameters<typeof startTestServer>[0] = {}): Promise<{ server: TestServer; site: EmbeddingSite }> => {
    const server = await startTestServer({ origins: ['*'], ...settings });
    ends.push(() => server.close(0));
    const site = await startEmbeddingSite(server.url);
    ends.push(() => site.close());
    return { server, site };
  };

  /** Broadcasts the clip in real time until one of its ends. */
  const broadcast = async (server: string, options: { token?: string; publishKey?: string } = {}): Promise<Broadcast> => {
    const publisher = await Publisher.connect({ server, stream: STREAM, tracks: trackDescriptions(clip), ...options });
    assert.equal(publisher.joinReply.status, 'ok', JSON.stringify(publisher.joinReply.response));
    const over = new AbortController();
    const playing = publisher.play(clip, { signal: over.signal });
    const stop = async (how: () => unknown): Promise<void> => {
      over.abort();
      await playing;
      await how();
    };
    const drop = (): Promise<void> => stop(() => publisher.drop());
    ends.push(drop);
    return { publishKey: publisher.session.publish_key, drop, end: () => stop(() => publisher.end()) };
  };

  const watch = async (site: EmbeddingSite, attributes = `stream="${STREAM}"`): Promise<Page> => {
    const page = await audience.open(site.page(`<hls-viewer ${attributes} autoplay muted></hls-viewer>`));
    ends.push(() => page.close());
    return page;
  };

  const reaches = (page: Page, state: string, timeout = 30_000): Promise<unknown> =>
    page.waitForFunction((wanted) => document.querySelector<Viewer>('hls-viewer')?.state === wanted, { timeout, polling: 20 }, state);
  const words = (page: Page): Promise<string> =>
    page.evaluate(() => document.querySelector('hls-viewer')?.shadowRoot?.textContent?.replace(/\s+/g, ' ') ?? '');
  const moves = async (page: Page): Promise<void> => {
    const video = await deepOne<HTMLVideoElement>(page, 'video');
    assert.ok(await video.evaluate(movesInPage, 30_000), 'the picture moves');
  };

  test('waits for a broadcast in words, and shows it when it comes', async () => {
    const { server, site } = await serve();
    const page = await watch(site);
    await reaches(page, 'waiting');
    assert.match(await words(page), /Waiting for the broadcast/);
    await broadcast(server.url);
    await reaches(page, 'playing');
    await moves(page);
  });

  test('says that the broadcaster is away, and plays on when that one returns', async () => {
    const { server, site } = await serve();
    const show = await broadcast(server.url);
    const page = await watch(site);
    await reaches(page, 'playing');
    await show.drop();
    await reaches(page, 'away');
    assert.match(await words(page), /away/);
    await broadcast(server.url, { publishKey: show.publishKey });
    await reaches(page, 'playing');
    await moves(page);
  });

  test('says that it is over, and plays what is broadcast next under the name', async () => {
    const { server, site } = await serve();
    const show = await broadcast(server.url);
    const page = await watch(site);
    await reaches(page, 'playing');
    await show.end();
    await reaches(page, 'ended');
    assert.match(await words(page), /has ended/);
    await broadcast(server.url);
    await reaches(page, 'playing');
    await moves(page);
  });

  test('plays again after the server has restarted', async () => {
    const { server, site } = await serve();
    await broadcast(server.url);
    const page = await watch(site);
    await reaches(page, 'playing');
    await server.close(0);
    const second = await startTestServer({ port: server.port });
    ends.push(() => second.close(0));
    await broadcast(second.url);
    await reaches(page, 'playing');
    await moves(page);
  });

  test('plays a plain URL, also one that nothing is at yet', async () => {
    const { server, site } = await serve();
    const page = await watch(site, `src="${server.url}/live/${STREAM}/index.m3u8"`);
    await reaches(page, 'waiting');
    const show = await broadcast(server.url);
    await reaches(page, 'playing');
    await moves(page);
    await show.end();
    await reaches(page, 'ended');
  });

  describe('of a stream that needs a token', () => {
    const token = (ttl: number, sub = 'ada'): Promise<string> =>
      signToken(SECRET, { sub, ttl, grants: [{ stream: STREAM, can: ['watch', 'publish'] }] });
    const guarded = () => serve({ secret: SECRET, public: [] });

    test('says so without one', async () => {
      const { server, site } = await guarded();
      await broadcast(server.url, { token: await token(60) });
      const page = await watch(site);
      await reaches(page, 'failed');
      assert.match(await words(page), /token/);
    });

    test('plays with one, which goes with everything that is asked for', async () => {
      const { server, site } = await guarded();
      await broadcast(server.url, { token: await token(60) });
      const page = await watch(site, 'stream="nothing-yet"');
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      const pass = await token(60, 'grace');
      await page.evaluate(
        (value, stream) => {
          const viewer = document.querySelector<Viewer>('hls-viewer');
          if (viewer) Object.assign(viewer, { token: value, stream });
        },
        pass,
        STREAM,
      );
      await reaches(page, 'playing');
      await moves(page);
      const media = asked.filter((url) => url.includes('/live/'));
      for (const kind of ['index.m3u8', 'media.m3u8', 'init-', 'part-'])
        assert.ok(
          media.some((url) => url.includes(kind)),
          kind,
        );
      assert.deepEqual(
        media.filter((url) => new URL(url).searchParams.get('token') !== pass),
        [],
      );
    });

    test('plays on past the end of a token that was replaced in time', async () => {
      const { server, site } = await guarded();
      await broadcast(server.url, { token: await token(60) });
      const page = await watch(site, 'stream="nothing-yet"');
      // What ends soon is handed over once the page is there.
      await page.$eval('hls-viewer', (viewer, value, stream) => Object.assign(viewer, { token: value, stream }), await token(6), STREAM);
      await reaches(page, 'playing');
      const states: string[] = [];
      await page.exposeFunction('tellState', (state: string) => states.push(state));
      await page.evaluate(
        (value) => {
          const tell = (globalThis as unknown as { tellState(state: string): void }).tellState;
          document.addEventListener('rtc-state', (event) => tell((event as CustomEvent<{ state: string }>).detail.state));
          const viewer = document.querySelector<Viewer>('hls-viewer');
          if (viewer) viewer.token = value;
        },
        await token(300),
      );
      const since = Date.now();
      await page.waitForFunction((from) => Date.now() > from + 8000, { polling: 200, timeout: 20_000 }, since);
      assert.deepEqual(states, []);
      await moves(page);
    });
  });
});
