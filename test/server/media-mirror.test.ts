/** `--mirror`: streams as regular HLS at a server that takes PUT, and at S3, also when those fail. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../server-reference/src/clock.ts';
import { HttpTarget } from '../../server-reference/src/mirror/http-target.ts';
import { Mirror } from '../../server-reference/src/mirror/mirror.ts';
import { S3Target } from '../../server-reference/src/mirror/s3-target.ts';
import type { MirrorTarget } from '../../server-reference/src/mirror/target.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { PutServer } from '../support/put-server.ts';
import { type RunningOrigin, startOrigin } from '../support/running-origin.ts';

const send = (request: Request): Promise<Response> => fetch(request);
const httpTarget = (server: PutServer, path = '/live'): MirrorTarget => new HttpTarget(new URL(server.url + path), null, send);

interface MirrorOptions {
  readonly target: MirrorTarget;
  readonly deletes?: boolean;
  readonly recordedOnly?: boolean;
  /** The origin's, unless pauses are to pass by themselves. */
  readonly clock?: Clock;
  /** What it logs. */
  readonly said?: string[];
}

function mirror(
  origin: RunningOrigin,
  { target, clock = origin.clock, deletes = false, recordedOnly = false, said = [] }: MirrorOptions,
): Mirror {
  const output = new Writable({
    write(line: Buffer, _encoding, done) {
      said.push(line.toString());
      done();
    },
  });
  const log = createLog({ level: 'debug', output });
  return new Mirror({ hub: origin.hub, origin: origin.origin, target, clock, log, deletes, recordedOnly });
}

/** Lets the target take what has come before time goes on. */
async function run(mirroring: Mirror, broadcast: { run(seconds: number): void }, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    broadcast.run(1);
    await mirroring.idle();
  }
}

const names = (playlist: string): string[] => playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('a stream appears at the target: segments before the playlists that name them, no parts, the same bytes', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  const mirroring = mirror(origin, { target: httpTarget(server) });
  const broadcast = origin.broadcast();
  await run(mirroring, broadcast, 12);
  const id = broadcast.publication.session?.id;
  const index = server.files.get('/live/demo/index.m3u8') ?? '';
  assert.match(index, /CODECS="avc1.42c01e,opus"/);
  assert.deepEqual(
    new Set([...names(index), ...[...index.matchAll(/URI="([^"]+)"/g)].map(([, uri]) => uri)]),
    new Set([`${id}/v0/media.m3u8`, `${id}/a0/media.m3u8`]),
  );
  const put = new Set<string>();
  for (const { path, body } of server.received) {
    put.add(path);
    if (!path.endsWith('media.m3u8')) continue;
    const folder = path.slice(0, path.lastIndexOf('/'));
    for (const name of names(body)) assert.ok(put.has(`${folder}/${name}`), `${name} is there before ${path}`);
    for (const [, uri] of body.matchAll(/MAP:URI="([^"]+)"/g)) assert.ok(put.has(`${folder}/${uri}`));
    assert.doesNotMatch(body, /EXT-X-PART|PRELOAD|CAN-BLOCK/);
  }
  for (const rendition of ['v0', 'a0'] as const) {
    const folder = `/live/demo/${id}/${rendition}`;
    const playlist = parseMediaPlaylist(server.files.get(`${folder}/media.m3u8`) ?? '');
    assert.deepEqual(
      playlist.segments.map(({ msn }) => msn),
      [0, 1, 2, 3, 4],
    );
    const live = Buffer.from(await (await fetch(`${origin.base(broadcast, rendition)}/seg-3.m4s`)).arrayBuffer());
    assert.equal(server.files.get(`${folder}/seg-3.m4s`), live.toString('latin1'));
  }
  const segment = server.received.find(({ path }) => path.endsWith('v0/seg-0.m4s'));
  assert.deepEqual(
    [segment?.headers['content-type'], segment?.headers['cache-control']],
    ['video/iso.segment', 'max-age=31536000, immutable'],
  );
  broadcast.publication.end();
  await mirroring.idle();
  assert.match(server.files.get(`/live/demo/${id}/v0/media.m3u8`) ?? '', /#EXT-X-ENDLIST\n$/);
  await mirroring.close(0);
});

test('away and back: gaps, a discontinuity and a new init section at the target as well', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  const mirroring = mirror(origin, { target: httpTarget(server) });
  const broadcast = origin.broadcast();
  await run(mirroring, broadcast, 4);
  const { publishKey } = broadcast.publication;
  broadcast.publication.drop();
  for (let second = 0; second < 5; second++) {
    origin.clock.advance(1000);
    await mirroring.idle();
  }
  const again = origin.broadcast({ publishKey });
  await run(mirroring, again, 6);
  const text = server.files.get(`/live/demo/${again.publication.session?.id}/v0/media.m3u8`) ?? '';
  const [before = '', after = ''] = text.split('#EXT-X-DISCONTINUITY\n');
  assert.match(before, /#EXT-X-GAP/);
  assert.match(after, /^#EXT-X-MAP:URI="init-2.mp4"/);
  await mirroring.close(0);
});

test('the window slides, and what has left it for as long again is deleted where that is asked for', async () => {
  await using origin = await startOrigin({ window: 6000 });
  await using server = await PutServer.start();
  const mirroring = mirror(origin, { target: httpTarget(server), deletes: true });
  const broadcast = origin.broadcast();
  await run(mirroring, broadcast, 30);
  const folder = `/live/demo/${broadcast.publication.session?.id}/v0`;
  const { segments } = parseMediaPlaylist(server.files.get(`${folder}/media.m3u8`) ?? '');
  const kept = [...server.files.keys()].filter((path) => path.startsWith(`${folder}/seg-`));
  assert.equal(segments.length, 3);
  assert.ok(kept.length >= 6 && kept.length <= 8, `${kept.length} segments are kept`);
  broadcast.publication.end();
  await mirroring.idle();
  assert.match(server.files.get(`${folder}/media.m3u8`) ?? '', /ENDLIST/);
  origin.clock.advance(12_000);
  await server.until(() => server.files.size === 0);
  await mirroring.close(0);
});

test('a stream with a window of its own has that window at the target', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  const mirroring = mirror(origin, { target: httpTarget(server) });
  const broadcast = origin.broadcast({ packaging: { window: 8000 } });
  await run(mirroring, broadcast, 30);
  const playlist = server.files.get(`/live/demo/${broadcast.publication.session?.id}/v0/media.m3u8`) ?? '';
  assert.equal(parseMediaPlaylist(playlist).segments.length, 4);
  await mirroring.close(0);
});

test('what fails is tried again, in order, and said once', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  const failed = new Map<string, number>();
  server.fails = (_method, path) => {
    const count = (failed.get(path) ?? 0) + 1;
    failed.set(path, count);
    return count === 1 ? 503 : null;
  };
  const said: string[] = [];
  const mirroring = mirror(origin, { target: httpTarget(server), clock: systemClock, said });
  const broadcast = origin.broadcast();
  broadcast.run(6.1);
  const playlist = `/live/demo/${broadcast.publication.session?.id}/v0/media.m3u8`;
  await server.until(() => names(server.files.get(playlist) ?? '').length === 3);
  assert.doesNotMatch(server.files.get(playlist) ?? '', /GAP/);
  const done = server.received.filter(({ status, path }) => status === 201 && path.includes('/v0/seg-')).map(({ path }) => path.slice(-9));
  assert.deepEqual(done, ['seg-0.m4s', 'seg-1.m4s', 'seg-2.m4s']);
  assert.ok(said.filter((line) => line.includes('the mirror fails')).length >= 1);
  await mirroring.close(0);
});

test('a target that is down for long costs the live stream nothing; what it missed is a gap there', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  server.fails = () => 500;
  const said: string[] = [];
  const mirroring = mirror(origin, { target: httpTarget(server), clock: systemClock, said });
  const broadcast = origin.broadcast();
  broadcast.run(40);
  await server.until(() => server.received.length >= 2);
  assert.equal((await origin.playlist(broadcast, 'v0')).segments.at(-1)?.msn, 19);
  server.fails = () => null;
  const playlist = `/live/demo/${broadcast.publication.session?.id}/v0/media.m3u8`;
  const last = (): string => server.files.get(playlist) ?? '';
  await server.until(() => names(last()).at(-1) === 'seg-18.m4s');
  const missing = last().match(/#EXT-X-GAP/g)?.length ?? 0;
  assert.ok(missing >= 5 && missing <= 10, `${missing} gaps`);
  await mirroring.idle();
  assert.equal(said.filter((line) => line.includes('the mirror fails')).length, 1);
  assert.equal(said.filter((line) => line.includes('works again')).length, 1);
  await mirroring.close(0);
});

test('a redirect is not followed, and credentials go into a header and into no log', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  server.fails = () => 307;
  const said: string[] = [];
  const address = new URL('/live', server.url.replace('//', '//ada:hidden%21@'));
  const mirroring = mirror(origin, { target: new HttpTarget(address, null, send), said });
  origin.broadcast().run(4.1);
  await server.until(() => server.received.length >= 2);
  await mirroring.close(0);
  assert.ok(server.received.every(({ path }) => path.startsWith('/live/')));
  assert.equal(server.received[0]?.headers.authorization, `Basic ${Buffer.from('ada:hidden!').toString('base64')}`);
  assert.match(said.join(''), /the target redirects \(307\)/);
  assert.doesNotMatch(said.join(''), /hidden|ada/);
});

test('requests for S3 are signed, and name the bucket in their path', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  const access = { endpoint: new URL(server.url), region: 'eu-west-1', accessKeyId: 'AKID', secretAccessKey: 'hidden', sessionToken: null };
  const mirroring = mirror(origin, { target: new S3Target(new URL('s3://bucket/some/prefix/'), access, send) });
  const broadcast = origin.broadcast();
  await run(mirroring, broadcast, 5);
  assert.ok(server.files.has('/bucket/some/prefix/demo/index.m3u8'));
  const [request] = server.received;
  assert.match(
    request?.headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/,
  );
  assert.equal(request?.headers['content-length'], String(request?.body.length));
  await mirroring.close(0);
});

test('with --mirror-recorded a stream that is not recorded stays here', async () => {
  await using origin = await startOrigin();
  await using server = await PutServer.start();
  const mirroring = mirror(origin, { target: httpTarget(server), recordedOnly: true });
  await run(mirroring, origin.broadcast(), 6);
  const recorded = origin.broadcast({ stream: 'kept' });
  recorded.run(1);
  const packaged = origin.origin.current('kept');
  assert.ok(packaged !== undefined);
  packaged.archive = { segment: async () => null, init: async () => null, written: async () => undefined };
  await run(mirroring, recorded, 6);
  assert.ok([...server.files.keys()].every((path) => path.startsWith('/live/kept/')));
  assert.match(server.files.get(`/live/kept/${packaged.id}/v0/media.m3u8`) ?? '', /#EXT-X-PLAYLIST-TYPE:EVENT/);
  await mirroring.close(0);
});
