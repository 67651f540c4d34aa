/** The nginx example of docs/deployment.md, as it stands but for names and ports, in front of the real server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { signToken } from '../../server-reference/src/auth/sign-token.ts';
import { judge, reportText } from '../../server-reference/src/check/report.ts';
import { runCheck } from '../../server-reference/src/check/run-check.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import type { Settings } from '../../server-reference/src/config/config.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { nginxMissing, type RunningNginx, startNginx } from '../support/nginx.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { Watcher } from '../support/watcher.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../server-reference/examples/nginx.conf');
const run = promisify(execFile);
const SECRET = 'a secret of thirty-two bytes or more';
const missing = nginxMissing();
const options = missing === null ? {} : { skip: missing };
const clip = encodeClip({ bitrate: 500_000 });

async function cached(server: TestServer, certificate?: string): Promise<RunningNginx> {
  const example = await readFile(EXAMPLE, 'utf8');
  return startNginx((port, folder) =>
    [
      ['127.0.0.1:4000', `127.0.0.1:${server.port}`],
      ...(certificate === undefined
        ? [['listen 80;', `listen 127.0.0.1:${port};`]]
        : [
            ['listen 80;', ''],
            ['# listen 443', `listen 127.0.0.1:${port}`],
            ['# ssl_certificate', 'ssl_certificate'],
            ['/etc/letsencrypt/live/live.example.org', certificate],
          ]),
      ['live.example.org', '127.0.0.1'],
      ['/var/cache/nginx', folder],
    ].reduce((text, [from = '', to = '']) => {
      assert.ok(text.includes(from), `the example says ${from}`);
      return text.replaceAll(from, to);
    }, example),
  );
}

interface Stage extends AsyncDisposable {
  readonly server: TestServer;
  readonly nginx: RunningNginx;
  /** Resolves when the broadcast is over. */
  readonly over: Promise<void>;
  readonly session: string;
}

/** @param certificate the folder of one, for TLS */
async function stage(settings: Settings = {}, token?: string, certificate?: string): Promise<Stage> {
  const ended = new AbortController();
  await using started = new AsyncDisposableStack();
  const server = started.use(await startTestServer(settings));
  const nginx = started.use(await cached(server, certificate));
  const tracks = trackDescriptions(await clip);
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks, ...(token === undefined ? {} : { token }) });
  started.defer(() => publisher.drop());
  const watcher = await Watcher.join(server, 'demo', token);
  started.defer(() => watcher.close());
  const over = publisher.play(await clip, { duration: 9, signal: ended.signal });
  started.defer(() => ended.abort());
  await watcher.until('state', ({ state }) => state === 'live');
  // It waits until its figures are measured.
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  assert.equal((await fetch(`${server.url}/live/demo/index.m3u8`, { headers })).status, 200);
  const all = started.move();
  return { server, nginx, session: publisher.session.session, over, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface Answered {
  readonly url: string;
  readonly cache: string;
  readonly at: number;
}

/** Follows one rendition as a player does, and writes down what nginx did with each request. */
async function follow(base: string, until: AbortSignal, log: Answered[]): Promise<number> {
  const get = async (url: string): Promise<string> => {
    const response = await fetch(url, { signal: until });
    const text = await response.text();
    assert.equal(response.status, 200, `${url}: ${text}`);
    log.push({ url, cache: response.headers.get('x-cache') ?? '', at: performance.now() });
    return text;
  };
  const seen = new Set<string>();
  let parts = 0;
  let query = '';
  try {
    for (;;) {
      const playlist = parseMediaPlaylist(await get(`${base}/media.m3u8${query}`));
      const uris = playlist.segments.slice(-3).flatMap((segment) => segment.parts.flatMap(({ uri }) => uri ?? []));
      for (const uri of uris.filter((each) => !seen.has(each))) {
        seen.add(uri);
        await get(`${base}/${uri}`);
        parts++;
      }
      const last = playlist.segments.at(-1);
      query = last === undefined ? '' : `?_HLS_msn=${last.msn}&_HLS_part=${last.parts.length}`;
    }
  } catch (error) {
    if (!until.aborted) throw error;
  }
  return parts;
}

test('50 viewers behind nginx cost the server one request for each part, and hardly more for playlists', options, async (context) => {
  await using it = await stage();
  const log: Answered[] = [];
  const over = new AbortController();
  const base = `${it.nginx.url}/live/demo/${it.session}/v0`;
  const viewers = Array.from({ length: 50 }, () => follow(base, over.signal, log));
  await it.over;
  over.abort();
  const parts = await Promise.all(viewers);
  assert.ok(Math.min(...parts) > 10, `every viewer got parts: ${Math.min(...parts)} to ${Math.max(...parts)}`);
  const asked = new Map<string, number>();
  for (const { url, cache } of log) if (cache !== 'HIT' && !url.endsWith('.m3u8')) asked.set(url, (asked.get(url) ?? 0) + 1);
  const hits = log.filter(({ cache }) => cache === 'HIT').length;
  const media = [...asked].filter(([url]) => url.endsWith('.m4s'));
  const reloads = [...asked].filter(([url]) => !url.endsWith('.m4s'));
  context.diagnostic(
    `${log.length} requests, ${((100 * hits) / log.length).toFixed(1)} % from the cache; to the server ${media.length} for parts, ${reloads.length} for playlists`,
  );
  const first = new Map<string, number>();
  const waits: number[] = [];
  for (const { url, at } of log.filter((each) => each.url.endsWith('.m4s'))) {
    if (!first.has(url)) first.set(url, at);
    waits.push(at - (first.get(url) ?? at));
  }
  waits.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => waits[Math.floor(share * waits.length)]?.toFixed(0));
  context.diagnostic(`parts reach the others ${p50}/${p99} ms (p50/p99) after the first`);
  assert.deepEqual(new Set(media.map(([, count]) => count)), new Set([1]));
  assert.ok(media.length >= 20);
  // A playlist whose second has passed is asked for anew by a viewer that is behind.
  const playlists = reloads.reduce((sum, [, count]) => sum + count, 0);
  assert.ok(playlists <= 2 * media.length, `${playlists} requests for playlists, ${media.length} for parts`);
  assert.ok(hits / log.length > 0.9);
});

test('what a protected stream has in the cache is only for those who may watch it, whatever their token', options, async () => {
  const grants = [{ stream: 'demo', can: ['watch' as const, 'publish' as const] }];
  const [ada, bob] = await Promise.all(['ada', 'bob'].map((sub) => signToken(SECRET, { sub, ttl: 60, grants })));
  const other = await signToken(SECRET, { sub: 'eve', ttl: 60, grants: [{ stream: 'another', can: ['watch'] }] });
  await using it = await stage({ secret: SECRET, public: [] }, ada);
  const base = `${it.nginx.url}/live/demo/${it.session}/v0`;
  const get = async (file: string, token?: string): Promise<{ status: number; cache: string | null; text: string }> => {
    const response = await fetch(`${base}/${file}${token === undefined ? '' : `?token=${token}`}`);
    return { status: response.status, cache: response.headers.get('x-cache'), text: await response.text() };
  };
  const first = await get('seg-0.m4s', ada);
  assert.deepEqual([first.status, first.cache], [200, 'MISS']);
  const second = await get('seg-0.m4s', bob);
  assert.deepEqual([second.status, second.cache, second.text === first.text], [200, 'HIT', true]);
  for (const [token, status] of [
    [undefined, 401],
    ['nonsense', 401],
    [other, 403],
  ] as const) {
    const refused = await get('seg-0.m4s', token);
    assert.equal(refused.status, status);
    assert.match(refused.text, /"code":"unauthorized"/);
  }
  const playlist = await get('media.m3u8', bob);
  assert.match(playlist.text, /#EXT-X-DEFINE:QUERYPARAM="token"/);
  assert.ok(!playlist.text.includes(String(bob)));
  // A manifest of DASH holds its asker's token, and so must not be anybody else's.
  const manifest = async (token: string | undefined): Promise<string> =>
    (await fetch(`${it.nginx.url}/live/demo/manifest.mpd?token=${token}`)).text();
  const [adas, bobs] = [await manifest(ada), await manifest(bob)];
  assert.ok(adas.includes(String(ada)) && bobs.includes(String(bob)) && !bobs.includes(String(ada)));
  // As a header it leaves no token in the addresses of a playlist.
  const plain = await fetch(`${base}/media.m3u8`, { headers: { authorization: `Bearer ${ada}` } });
  assert.deepEqual([plain.status, /DEFINE/.test(await plain.text())], [200, false]);
});

test('over TLS the example speaks HTTP/2, and pages that may embed read it', options, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'glasscast-certificate-'));
  try {
    const [key, certificate] = [path.join(folder, 'privkey.pem'), path.join(folder, 'fullchain.pem')];
    const ask = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=127.0.0.1'.split(' ');
    await run('openssl', ['req', ...ask, '-keyout', key, '-out', certificate]);
    const page = 'https://www.example.org';
    await using it = await stage({ origins: [page] }, undefined, folder);
    const address = `${it.nginx.url.replace('http:', 'https:')}/live/demo/index.m3u8`;
    const { signal } = new AbortController();
    const outcome = await runCheck({
      addresses: [address],
      seconds: 5,
      token: null,
      origin: page,
      insecure: true,
      clock: systemClock,
      signal,
    });
    assert.ok(outcome.ok, outcome.ok ? '' : outcome.reason);
    const report = judge(outcome.log);
    const text = reportText(report, outcome.log, [address]);
    assert.equal(outcome.log.hls?.probes.find(({ kind }) => kind === 'alpn')?.detail, 'h2');
    assert.equal(report.rules.find(({ rule }) => rule.id === '25')?.verdict.kind, 'kept', text);
    assert.ok(report.conformant, text);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('/api/authorize says who may watch what, and for how long that may be believed', async () => {
  await using server = await startTestServer({ secret: SECRET, public: [] });
  const token = await signToken(SECRET, { sub: 'ada', ttl: 3, grants: [{ stream: 'demo', can: ['watch'] }] });
  const ask = (query: string): Promise<Response> => fetch(`${server.url}/api/authorize?${query}`);
  const allowed = await ask(`stream=demo&token=${token}`);
  assert.equal(allowed.status, 204);
  assert.match(allowed.headers.get('cache-control') ?? '', /^max-age=[123]$/);
  assert.equal((await ask(`stream=other&token=${token}`)).status, 403);
  assert.equal((await ask('stream=demo')).status, 401);
  assert.equal((await ask('stream=../x')).status, 400);
});
