/** The rules of docs/live.md, 6, 12 and 20, against a running origin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes, parseMediaPlaylist } from '../support/playlist.ts';
import { startOrigin } from '../support/running-origin.ts';

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
/** Where the segments begin: behind the tags that speak of the whole playlist. */
const firstOfSegments = (lines: readonly string[]): number =>
  lines.findIndex((line) => /^#EXT-X-(?:SKIP|MAP|DISCONTINUITY$|PROGRAM-DATE-TIME|PART:)/.test(line));

/** What a client has after it laid a delta update over the playlist it had (RFC 8216bis §6.3.7). */
function merge(known: string, delta: string): string {
  const lines = linesOf(delta);
  const at = lines.findIndex((line) => line.startsWith('#EXT-X-SKIP:'));
  const skipped = Number(attributes(lines[at]?.slice('#EXT-X-SKIP:'.length) ?? '')['SKIPPED-SEGMENTS']);
  const drop = parseMediaPlaylist(delta).mediaSequence - parseMediaPlaylist(known).mediaSequence;
  const old = linesOf(known);
  const body = old.slice(firstOfSegments(old));
  // A segment's lines end with its address.
  const ends = body.flatMap((line, index) => (line.startsWith('#') ? [] : [index + 1]));
  const kept = body.slice(drop === 0 ? 0 : ends[drop - 1], ends[drop + skipped - 1]);
  const noParts = kept.filter((line) => !line.startsWith('#EXT-X-PART:'));
  const map = old.find((line) => line.startsWith('#EXT-X-MAP:')) ?? '';
  // The init section of the first segment may have been told with one that is gone.
  const first = noParts.slice(
    0,
    noParts.findIndex((line) => !line.startsWith('#')),
  );
  const mapped = first.some((line) => line.startsWith('#EXT-X-MAP:')) ? noParts : [map, ...noParts];
  return [...lines.slice(0, at), ...mapped, ...lines.slice(at + 1)].join('\n');
}

const read = async (url: string): Promise<string> => (await fetch(url)).text();

/** A delta update says again which MAP its first segment has. */
function withoutRepeatedMaps(playlist: string): string {
  let map = '';
  const isNew = (line: string): boolean => {
    const repeated = line === map;
    if (line.startsWith('#EXT-X-MAP')) map = line;
    return !repeated;
  };
  return linesOf(playlist).filter(isNew).join('\n');
}

test('rule 6: CAN-SKIP-UNTIL is at least six target durations, the same in all renditions', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(3);
  const video = await origin.playlist(broadcast, 'v0');
  assert.ok(Number(video.serverControl['CAN-SKIP-UNTIL']) >= 6 * video.targetDuration);
  assert.deepEqual((await origin.playlist(broadcast, 'a0')).serverControl, video.serverControl);
});

for (const query of ['YES', 'v2']) {
  test(`rule 20: _HLS_skip=${query} leaves out what ended before the skip boundary, says so once, and has version 9 at least`, async () => {
    await using origin = await startOrigin();
    const broadcast = origin.broadcast();
    broadcast.run(24.5);
    const delta = await read(`${origin.base(broadcast, 'v0')}/media.m3u8?_HLS_skip=${query}`);
    const full = await read(`${origin.base(broadcast, 'v0')}/media.m3u8`);
    assert.ok(Number(/#EXT-X-VERSION:(\d+)/.exec(delta)?.[1]) >= 9);
    // 24.4 s are listed; what ends 12 s before that is left out: six segments of two seconds.
    assert.deepEqual(delta.match(/#EXT-X-SKIP:.*/g), ['#EXT-X-SKIP:SKIPPED-SEGMENTS=6']);
    assert.doesNotMatch(delta, /seg-5\.m4s/);
    assert.match(delta, /seg-6\.m4s/);
    assert.ok(delta.length < full.length);
  });
}

test('rule 20: merged with what a client had, a delta update is the full playlist, while segments leave at the front', async () => {
  await using origin = await startOrigin();
  let broadcast = origin.broadcast();
  broadcast.run(21.3);
  for (const rendition of ['v0', 'a0'] as const) {
    let known = await read(`${origin.base(broadcast, rendition)}/media.m3u8`);
    for (let round = 0; round < 12; round++) {
      if (round === 6) {
        broadcast.publication.drop();
        broadcast = origin.broadcast({ publishKey: broadcast.publication.publishKey });
      }
      broadcast.run(1.7);
      const [delta, full] = [
        await read(`${origin.base(broadcast, rendition)}/media.m3u8?_HLS_skip=YES`),
        await read(`${origin.base(broadcast, rendition)}/media.m3u8`),
      ];
      assert.match(delta, /#EXT-X-SKIP/);
      assert.equal(withoutRepeatedMaps(merge(known, delta)), withoutRepeatedMaps(full));
      known = full;
    }
  }
});

test('rule 20: a delta update names the MAP of what it lists, for players that build that anew', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(21.3);
  const delta = await read(`${origin.base(broadcast, 'v0')}/media.m3u8?_HLS_skip=YES`);
  assert.match(delta, /#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n#EXT-X-MAP:URI="init-1.mp4"\n#EXT-X-PROGRAM-DATE-TIME/);
});

test('rule 20: nothing is skipped while all of it is newer than the skip boundary, nor after the end', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(9.1);
  const url = `${origin.base(broadcast, 'v0')}/media.m3u8`;
  assert.equal(await read(`${url}?_HLS_skip=YES`), await read(url));
  broadcast.run(20);
  broadcast.publication.end();
  assert.equal(await read(`${url}?_HLS_skip=YES`), await read(url));
});

test('rule 12: where somebody keeps the session its playlist is EVENT and loses nothing, and old segments come from there', async () => {
  await using origin = await startOrigin({ window: 6000 });
  origin.origin.onPackaged((packaged) => {
    packaged.archive = {
      segment: async (rendition, msn) => Buffer.from(`${rendition} ${msn}`),
      init: async () => null,
      written: async () => undefined,
    };
  });
  const broadcast = origin.broadcast();
  broadcast.run(40.5);
  const { segments, text } = await origin.playlist(broadcast, 'v0');
  assert.match(text, /#EXT-X-PLAYLIST-TYPE:EVENT/);
  assert.deepEqual(
    segments.map(({ msn }) => msn),
    Array.from({ length: 21 }, (_, msn) => msn),
  );
  assert.equal(await read(`${origin.base(broadcast, 'v0')}/seg-2.m4s`), 'v0 2');
  assert.match(await read(`${origin.base(broadcast, 'v0')}/seg-18.m4s`), /moof/);
  // Two windows, and the segment that grows, whatever is listed.
  const { heldBytes } = origin.origin;
  broadcast.run(40);
  assert.ok(origin.origin.heldBytes < heldBytes * 1.2, `${origin.origin.heldBytes} bytes after ${heldBytes}`);
});

test('rule 12: a playlist that nobody keeps has no type, and its window slides', async () => {
  await using origin = await startOrigin({ window: 6000 });
  const broadcast = origin.broadcast();
  broadcast.run(20.1);
  const { mediaSequence, text } = await origin.playlist(broadcast, 'v0');
  assert.doesNotMatch(text, /PLAYLIST-TYPE/);
  assert.ok(mediaSequence > 4);
});
