/** Readers that nobody here wrote agree with the origin: playlists, manifests, and every init section with every segment. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { findFfprobe } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { readWithHlsParser, readWithM3u8Parser, readWithMpdParser, types } from '../support/outside-readers.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../support/playlist.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
/** Seconds that are broadcast. */
const DURATION = 21;
/** 20 ms at 48 kHz. */
const OPUS_FRAME = 960;

interface Packets {
  readonly packets: readonly { readonly dts: number; readonly duration?: number; readonly size: string }[];
  readonly streams: readonly { readonly codec_name: string; readonly time_base: string }[];
}

describe('readers of others', () => {
  let server: TestServer;
  let publisher: Publisher;
  let folder: string;
  let base: string;
  /** What the origin said while the stream was live, by address behind the origin's. */
  const texts = new Map<string, string>();

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'glasscast-readers-'));
    server = await startTestServer();
    const clip = await encodeClip({ width: 320, height: 180, bitrate: 300_000, duration: 4 });
    publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: trackDescriptions(clip) });
    assert.equal(publisher.joinReply.status, 'ok');
    await publisher.play(clip, { fast: true, duration: DURATION });
    base = `/live/demo/${publisher.session.session}`;
    const media = ['v0', 'a0'].map((rendition) => `${base}/${rendition}/media.m3u8`);
    for (const address of ['/live/demo/index.m3u8', '/live/demo/manifest.mpd', ...media, `${media[0]}?_HLS_skip=YES`]) {
      const response = await fetch(server.url + address);
      assert.equal(response.status, 200, address);
      texts.set(address, await response.text());
    }
  });

  after(async () => {
    publisher?.drop();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const text = (address: string): string => texts.get(address) ?? assert.fail(address);
  const media = (rendition: string): MediaPlaylist => parseMediaPlaylist(text(`${base}/${rendition}/media.m3u8`));
  const bytes = async (address: string): Promise<Buffer> => {
    const response = await fetch(server.url + address);
    assert.equal(response.status, 200, address);
    return Buffer.from(await response.arrayBuffer());
  };

  async function probe(content: readonly Buffer[], level = 'warning'): Promise<Packets> {
    const file = path.join(folder, 'media.mp4');
    await writeFile(file, Buffer.concat(content));
    const args = ['-v', level, '-of', 'json', '-show_entries', 'packet=dts,duration,size:stream=codec_name,time_base', file];
    const { stdout, stderr } = await run(findFfprobe(), args);
    assert.equal(stderr, '');
    return JSON.parse(stdout) as Packets;
  }

  test('hls-parser and m3u8-parser read the multivariant playlist without a remark', () => {
    const playlist = text('/live/demo/index.m3u8');
    const read = readWithHlsParser(playlist);
    assert.ok(read instanceof types.MasterPlaylist);
    const [first] = read.variants;
    assert.equal(first?.codecs, 'avc1.42c00d,opus');
    assert.deepEqual({ ...first?.resolution }, { width: 320, height: 180 });
    assert.equal(first?.audio[0]?.uri, `${publisher.session.session}/a0/media.m3u8`);
    const { manifest, remarks } = readWithM3u8Parser(playlist);
    assert.deepEqual(remarks, []);
    assert.equal(manifest.playlists?.length, read.variants.length);
  });

  test('sound alone is a variant of its own', () => {
    const read = readWithHlsParser(text('/live/demo/index.m3u8'));
    assert.ok(read instanceof types.MasterPlaylist);
    const alone = read.variants.filter(({ resolution }) => resolution === undefined);
    assert.equal(alone[0]?.uri, `${publisher.session.session}/a0/media.m3u8`);
    assert.equal(alone[0]?.codecs, 'opus');
    assert.ok(alone[0].bandwidth < (read.variants[0]?.bandwidth ?? 0) / 2);
  });

  for (const rendition of ['v0', 'a0'] as const) {
    test(`hls-parser and m3u8-parser read the media playlist of ${rendition} without a remark`, () => {
      const playlist = text(`${base}/${rendition}/media.m3u8`);
      const ours = parseMediaPlaylist(playlist);
      const read = readWithHlsParser(playlist);
      assert.ok(read instanceof types.MediaPlaylist);
      assert.equal(read.targetDuration, ours.targetDuration);
      assert.equal(read.partTargetDuration, ours.partTarget);
      assert.deepEqual(
        read.segments.flatMap(({ parts }) => parts.filter(({ hint }) => !hint).map(({ uri }) => uri)),
        ours.segments.flatMap(({ parts }) => parts.map(({ uri }) => uri)),
      );
      const { manifest, remarks } = readWithM3u8Parser(playlist);
      assert.deepEqual(remarks, []);
      assert.deepEqual(
        manifest.segments.map(({ uri }) => uri),
        ours.segments.flatMap(({ uri }) => (uri === null ? [] : [uri])),
      );
      assert.ok((manifest.renditionReports?.length ?? 0) >= 1);
    });
  }

  test('hls-parser and m3u8-parser read a delta update without a remark', () => {
    const delta = text(`${base}/v0/media.m3u8?_HLS_skip=YES`);
    const skipped = Number(/SKIPPED-SEGMENTS=(\d+)/.exec(delta)?.[1]);
    assert.ok(skipped > 0);
    const read = readWithHlsParser(delta);
    assert.ok(read instanceof types.MediaPlaylist);
    assert.equal(read.skip, skipped);
    const { manifest, remarks } = readWithM3u8Parser(delta);
    assert.deepEqual(remarks, []);
    assert.equal(manifest.skip?.skippedSegments, skipped);
  });

  test('mpd-parser reads the MPD without a remark, and finds the segments where the playlists have them', () => {
    const address = '/live/demo/manifest.mpd';
    const { manifest, remarks } = readWithMpdParser(text(address), server.url + address);
    assert.deepEqual(remarks, []);
    const sounds = Object.values(Object.values(manifest.mediaGroups.AUDIO)[0] ?? {}).flatMap(({ playlists }) => playlists);
    assert.equal(manifest.playlists.length, 1);
    assert.equal(sounds.length, 1);
    for (const [rendition, read] of [
      ['v0', manifest.playlists[0]],
      ['a0', sounds[0]],
    ] as const) {
      const listed = media(rendition).segments.flatMap(({ uri, msn, duration }) => (uri === null ? [] : [{ uri, msn, duration }]));
      assert.ok(listed.length >= 9);
      for (const { uri, msn, duration } of listed) {
        const segment = read?.segments.find(({ number }) => number === msn);
        assert.equal(segment?.resolvedUri, `${server.url}${base}/${rendition}/${uri}`);
        assert.ok(Math.abs((segment?.duration ?? 0) - (duration ?? Number.NaN)) < 1e-4);
      }
    }
  });

  for (const rendition of ['v0', 'a0'] as const) {
    test(`ffprobe reads every segment of ${rendition} behind its init section, and each follows the one before`, async () => {
      const { segments } = media(rendition);
      let expected: number | null = null;
      let checked = 0;
      for (const { uri, map } of segments) {
        if (uri === null) continue;
        const { packets, streams } = await probe([await bytes(`${base}/${rendition}/${map}`), await bytes(`${base}/${rendition}/${uri}`)]);
        assert.equal(streams[0]?.codec_name, rendition === 'v0' ? 'h264' : 'opus');
        const first = packets[0];
        assert.ok(first !== undefined);
        if (expected !== null) assert.equal(first.dts, expected);
        expected = packets.reduce((dts, packet) => {
          assert.equal(packet.dts, dts);
          // ffprobe gives none for the packet that holds the encoder's delay.
          return dts + (packet.duration ?? OPUS_FRAME);
        }, first.dts);
        checked++;
      }
      assert.ok(checked >= 9, `${checked} segments were probed`);
    });

    test(`the parts of a segment of ${rendition} are its bytes, and ffprobe finds the same samples in them`, async () => {
      const segment = media(rendition).segments.findLast(({ uri, parts }) => uri !== null && parts.length > 1);
      assert.ok(segment !== undefined);
      const init = await bytes(`${base}/${rendition}/${segment.map}`);
      const parts = await Promise.all(segment.parts.map(({ uri }) => bytes(`${base}/${rendition}/${uri}`)));
      const whole = await bytes(`${base}/${rendition}/${segment.uri}`);
      assert.deepEqual(Buffer.concat(parts), whole);
      const inParts: Packets['packets'][number][] = [];
      // Only the first part of a picture's segment can be decoded alone; packets are there in each.
      for (const part of parts) inParts.push(...(await probe([init, part], 'fatal')).packets);
      assert.deepEqual(inParts, (await probe([init, whole])).packets);
    });
  }
});
