/** The rules of docs/live.md, 1 to 13b, against a running origin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes, type ListedSegment, type MediaPlaylist } from '../support/playlist.ts';
import { startOrigin } from '../support/running-origin.ts';
import { AVCC_720P, audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

const total = ({ segments }: MediaPlaylist): number =>
  segments.reduce((sum, { duration, parts }) => sum + (duration ?? parts.reduce((part, it) => part + it.duration, 0)), 0);

test('rule 1: EXTINF rounds to at most TARGETDURATION, which is the same in all renditions and never changes', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  const targets = new Set<number>();
  for (let round = 0; round < 6; round++) {
    broadcast.run(7, { keyframeInterval: round % 2 === 0 ? 2 : 2.2 });
    for (const rendition of ['v0', 'a0'] as const) {
      const playlist = await origin.playlist(broadcast, rendition);
      targets.add(playlist.targetDuration);
      for (const { duration } of playlist.segments) assert.ok(duration === null || Math.round(duration) <= playlist.targetDuration);
    }
  }
  assert.deepEqual([...targets], [2]);
});

test('rule 2: a playlist with parts has PART-INF and PART-HOLD-BACK', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(3);
  for (const rendition of ['v0', 'a0'] as const) {
    const playlist = await origin.playlist(broadcast, rendition);
    assert.ok(playlist.segments.some(({ parts }) => parts.length > 0));
    assert.equal(playlist.partTarget, 0.22);
    assert.ok(Number(playlist.serverControl['PART-HOLD-BACK']) > 0);
  }
});

for (const [frameRate, partDuration] of [
  [30, 200],
  [30, 100],
  [24, 200],
  [25, 200],
  [60, 200],
  [15, 200],
] as const) {
  test(`rule 3: at ${frameRate} fps parts of ${partDuration} ms last 85 % to 100 % of PART-TARGET`, async () => {
    await using origin = await startOrigin({ partDuration });
    const broadcast = origin.broadcast({ tracks: [videoTrack({ frame_rate: frameRate }), audioTrack()] });
    broadcast.run(9.5, { frameRate });
    for (const rendition of ['v0', 'a0'] as const) {
      const playlist = await origin.playlist(broadcast, rendition);
      const target = playlist.partTarget ?? 0;
      let checked = 0;
      for (const { parts, duration } of playlist.segments) {
        for (const [index, part] of parts.entries()) {
          assert.ok(part.duration <= target + 1e-5, `${part.duration} exceeds ${target}`);
          if (duration !== null && index === parts.length - 1) continue;
          assert.ok(part.duration >= 0.85 * target - 1e-5, `${rendition}: ${part.duration} is under 85 % of ${target}`);
          checked++;
        }
      }
      assert.ok(checked >= 10, `${checked} parts were checked`);
    }
  });
}

test('rules 4 and 6: PART-HOLD-BACK is at least three part targets, HOLD-BACK at least three target durations', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(3);
  const { serverControl, partTarget, targetDuration } = await origin.playlist(broadcast, 'v0');
  assert.ok(Number(serverControl['PART-HOLD-BACK']) >= 3 * (partTarget ?? Number.NaN) - 1e-9);
  assert.ok(Number(serverControl['HOLD-BACK']) >= 3 * targetDuration);
});

test('rule 5: PART-TARGET and hold-backs stay as they were when the frame rate changes and the broadcaster comes back', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  const frozen = ({ partTarget, serverControl }: MediaPlaylist) => ({ partTarget, serverControl });
  const before = frozen(await origin.playlist(broadcast, 'v0'));
  broadcast.run(5, { frameRate: 25 });
  broadcast.publication.drop();
  const again = origin.broadcast({ publishKey: broadcast.publication.publishKey });
  again.run(5, { frameRate: 25 });
  assert.equal(again.publication.session?.id, broadcast.publication.session?.id);
  assert.deepEqual(frozen(await origin.playlist(again, 'v0')), before);
  assert.deepEqual(frozen(await origin.playlist(again, 'a0')), before);
});

test('rule 7: every part that begins with a key frame is INDEPENDENT, and no other of the video is', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(7);
  const video = await origin.playlist(broadcast, 'v0');
  for (const { parts } of video.segments) for (const [index, part] of parts.entries()) assert.equal(part.independent, index === 0);
  const audio = await origin.playlist(broadcast, 'a0');
  assert.ok(audio.segments.every(({ parts }) => parts.every(({ independent }) => independent)));
});

test('rule 8: MAP, PROGRAM-DATE-TIME and DISCONTINUITY stand before the first part of their segment', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  broadcast.publication.drop();
  const again = origin.broadcast({ publishKey: broadcast.publication.publishKey });
  again.run(3);
  const { segments } = await origin.playlist(again, 'v0');
  const cut = segments.find(({ discontinuity }) => discontinuity);
  assert.deepEqual(cut?.tags.slice(0, 4), ['EXT-X-DISCONTINUITY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-PART']);
  for (const { tags } of segments)
    assert.ok(tags.indexOf('EXT-X-PROGRAM-DATE-TIME') < tags.indexOf('EXT-X-PART') || !tags.includes('EXT-X-PART'));
});

test('rule 9: MEDIA-SEQUENCE and DISCONTINUITY-SEQUENCE rise by one per removed segment and discontinuity, and never fall', async () => {
  await using origin = await startOrigin({ window: 6000 });
  let broadcast = origin.broadcast();
  let media = 0;
  let discontinuities = 0;
  for (let round = 0; round < 12; round++) {
    broadcast.run(2);
    if (round === 4) {
      const { publishKey } = broadcast.publication;
      broadcast.publication.drop();
      broadcast = origin.broadcast({ publishKey });
    }
    const playlist = await origin.playlist(broadcast, 'v0').catch(() => null);
    if (playlist === null) continue;
    assert.ok(playlist.mediaSequence >= media && playlist.mediaSequence <= media + 2);
    assert.ok(playlist.discontinuitySequence >= discontinuities);
    media = playlist.mediaSequence;
    discontinuities = playlist.discontinuitySequence;
  }
  assert.ok(media > 5);
  assert.equal(discontinuities, 1);
});

test('rule 10: the window never lists less than three target durations', async () => {
  await using origin = await startOrigin({ window: 1000 });
  const broadcast = origin.broadcast();
  broadcast.run(8);
  for (let round = 0; round < 20; round++) {
    broadcast.run(0.5);
    assert.ok(total(await origin.playlist(broadcast, 'v0')) >= 6);
  }
});

test('rule 10: parts older than three target durations are not listed and are still served for three more', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(14);
  const playlist = await origin.playlist(broadcast, 'v0');
  const end = total(playlist);
  let time = 0;
  for (const { parts, duration } of playlist.segments) {
    if (parts.length > 0) assert.ok(time >= end - 6 - 1e-3, `parts from ${end - time} s ago are listed`);
    time += duration ?? 0;
  }
  assert.ok(playlist.segments.some(({ parts }) => parts.length === 0));
  const old = await fetch(`${origin.base(broadcast, 'v0')}/part-2.3.m4s`);
  assert.equal(old.status, 200);
});

test('rule 11: PROGRAM-DATE-TIME is in all renditions from one clock, and SERVER-CONTROL is identical', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(9);
  const video = await origin.playlist(broadcast, 'v0');
  const audio = await origin.playlist(broadcast, 'a0');
  assert.deepEqual(video.serverControl, audio.serverControl);
  for (const [index, { date }] of video.segments.entries()) {
    const other = audio.segments[index]?.date;
    assert.ok(date !== null && other !== null && other !== undefined);
    assert.ok(Math.abs(date - other) <= 20, `segment ${index}: ${date - other} ms apart`);
  }
});

test('rule 12: a sliding window has no PLAYLIST-TYPE', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(3);
  assert.doesNotMatch((await origin.playlist(broadcast, 'v0')).text, /PLAYLIST-TYPE/);
});

test('rule 13: while the broadcaster is away GAP parts and segments keep coming in every rendition', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  broadcast.publication.drop();
  const lengths: number[][] = [];
  for (let second = 0; second < 8; second++) {
    origin.clock.advance(1000);
    const playlists = await Promise.all((['v0', 'a0'] as const).map((rendition) => origin.playlist(broadcast, rendition)));
    lengths.push(playlists.map(total));
  }
  for (const [index, length] of lengths.entries()) {
    for (const [rendition, seconds] of length.entries()) {
      const before = lengths[index - 1]?.[rendition] ?? 0;
      assert.ok(seconds > before, 'no playlist stands still');
    }
  }
  const { segments, hints } = await origin.playlist(broadcast, 'v0');
  assert.ok(segments.filter(({ gap }) => gap).length >= 3);
  assert.ok(segments.every(({ gap, parts }) => parts.every((part) => part.gap === gap || segments.at(-1)?.parts === parts)));
  assert.deepEqual(hints, []);
  assert.equal((await fetch(`${origin.base(broadcast, 'v0')}/seg-4.m4s`)).status, 404);
});

test('rule 13: what was sent before the broadcaster went away stays playable', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  broadcast.publication.drop();
  origin.clock.advance(3000);
  const { segments } = await origin.playlist(broadcast, 'v0');
  const real = segments.filter(({ gap, duration }) => !gap && duration !== null);
  assert.ok(Math.abs(real.reduce((sum, { duration }) => sum + (duration ?? 0), 0) - 5) < 0.04);
});

test('rule 13: after the return all renditions have DISCONTINUITY and a new MAP in the same segment', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  broadcast.publication.drop();
  origin.clock.advance(4000);
  const again = origin.broadcast({ publishKey: broadcast.publication.publishKey });
  again.run(5);
  const [video, audio] = await Promise.all((['v0', 'a0'] as const).map((rendition) => origin.playlist(again, rendition)));
  const cut = (playlist: MediaPlaylist | undefined) => playlist?.segments.find(({ discontinuity }) => discontinuity);
  assert.equal(cut(video)?.msn, cut(audio)?.msn);
  assert.equal(cut(video)?.map, 'init-2.mp4');
  assert.equal(cut(audio)?.map, 'init-2.mp4');
  // The timeline is the wall clock's, gap included.
  const first = video?.segments[0]?.date ?? 0;
  const offset = ((cut(video)?.date ?? 0) - first) / 1000;
  const listed =
    video?.segments.slice(
      0,
      video.segments.findIndex(({ discontinuity }) => discontinuity),
    ) ?? [];
  assert.ok(Math.abs(listed.reduce((sum, { duration }) => sum + (duration ?? 0), 0) - offset) < 0.06);
  assert.ok(Math.abs(offset - 9) < 0.1);
});

test('rule 13: a new resolution in place is a new epoch, in all renditions together and without a gap', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(5);
  const { sourceTracks } = await import('../../server-reference/src/ingest/source-tracks.ts');
  const tracks = sourceTracks([videoTrack({ description: AVCC_720P }), audioTrack()]);
  assert.ok(tracks.ok);
  assert.equal(broadcast.publication.tracks(tracks.tracks), 2);
  broadcast.ingest.setTracks(tracks.tracks);
  broadcast.forceKey();
  broadcast.run(0.03);
  for (const track of [0, 1]) {
    const origins = [1000, 5];
    broadcast.publication.clock(track, Math.round(((origins[track] ?? 0) + 5) * 1e6), broadcast.wall(5), 0);
  }
  broadcast.run(4);
  const [video, audio] = await Promise.all((['v0', 'a0'] as const).map((rendition) => origin.playlist(broadcast, rendition)));
  const cut = video?.segments.find(({ discontinuity }) => discontinuity);
  assert.equal(cut?.map, 'init-2.mp4');
  assert.equal(cut?.msn, audio?.segments.find(({ discontinuity }) => discontinuity)?.msn);
  assert.ok(video?.segments.every(({ gap }) => !gap));
  const index = await (await fetch(`${origin.url}/live/demo/index.m3u8`)).text();
  assert.match(index, /RESOLUTION=1280x720/);
});

test('rule 13: sound that stops becomes a gap, and comes back with a segment', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4);
  broadcast.run(5, { audio: false });
  const during = await origin.playlist(broadcast, 'a0');
  assert.ok(during.segments.some(({ gap }) => gap));
  broadcast.run(6);
  const [video, audio] = await Promise.all((['v0', 'a0'] as const).map((rendition) => origin.playlist(broadcast, rendition)));
  assert.ok(video?.segments.every(({ gap }) => !gap));
  const last = audio?.segments.filter(({ duration }) => duration !== null).at(-1);
  assert.equal(last?.gap, false);
  assert.ok(Math.abs((last?.date ?? 0) - (video?.segments.find(({ msn }) => msn === last?.msn)?.date ?? 0)) <= 20);
});

test('rule 13: a picture that stops while sound goes on becomes a gap, and comes back with a key frame', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4);
  broadcast.run(5, { video: false });
  const during = await origin.playlist(broadcast, 'v0');
  assert.ok(during.segments.some(({ gap }) => gap));
  assert.ok((await origin.playlist(broadcast, 'a0')).segments.every(({ gap }) => !gap));
  broadcast.run(8);
  const after = await origin.playlist(broadcast, 'v0');
  const last = after.segments.filter(({ duration }) => duration !== null).at(-1);
  assert.equal(last?.gap, false);
  assert.equal(last?.parts[0]?.independent, true);
});

test('rule 13b: without a key frame the segment is cut all the same, is not INDEPENDENT, and one is asked for', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ tracks: [videoTrack()] });
  broadcast.run(4.5);
  assert.equal((await origin.playlist(broadcast, 'v0')).independentSegments, true);
  assert.equal(broadcast.asked.length, 0);
  // The segment that began at 4 s is due at 6 s.
  broadcast.run(1.5, { keyframeInterval: 0 });
  assert.equal(broadcast.asked.length, 0);
  broadcast.run(0.2, { keyframeInterval: 0 });
  assert.deepEqual(broadcast.asked, ['keyframe'], 'one is asked for at once');
  broadcast.run(3.8, { keyframeInterval: 0 });
  const playlist = await origin.playlist(broadcast, 'v0');
  assert.equal(playlist.independentSegments, false);
  for (const { duration } of playlist.segments) assert.ok(duration === null || Math.round(duration) <= 2, `${duration}`);
  assert.ok(playlist.segments.some(({ parts }) => parts[0]?.independent === false));
  broadcast.forceKey();
  broadcast.run(4);
  const { segments } = await origin.playlist(broadcast, 'v0');
  assert.deepEqual(
    segments.slice(-2).map(({ parts }) => parts[0]?.independent),
    [true, true],
    'the first key frame begins a segment',
  );
  broadcast.run(30);
  assert.equal((await origin.playlist(broadcast, 'v0')).independentSegments, true, 'claimed again once all that is listed is');
});

test('layers of a simulcast are variants of their own, cut at the same key frames; one that stops is a gap in it alone', async () => {
  await using origin = await startOrigin();
  const tracks = [videoTrack(), audioTrack(), videoTrack({ id: 2, layer: 1, description: AVCC_720P })];
  const broadcast = origin.broadcast({ tracks });
  broadcast.run(9, { layers: [2] });
  const index = await (await fetch(`${origin.url}/live/demo/index.m3u8`)).text();
  const variants = [...index.matchAll(/#EXT-X-STREAM-INF:(.*)\n.*\/(v\d)\/media\.m3u8/g)].map(([, list = '', id]) => [
    id,
    attributes(list)['RESOLUTION'],
    attributes(list)['AUDIO'],
  ]);
  assert.deepEqual(variants, [
    ['v0', '640x360', 'audio'],
    ['v1', '1280x720', 'audio'],
  ]);
  const [low, high] = await Promise.all((['v0', 'v1'] as const).map((rendition) => origin.playlist(broadcast, rendition)));
  assert.equal(high?.independentSegments, true);
  const cuts = (playlist: MediaPlaylist | undefined) => playlist?.segments.map(({ msn, date }) => [msn, date]);
  assert.deepEqual(cuts(high), cuts(low));
  broadcast.run(5);
  const [going, stopped] = await Promise.all((['v0', 'v1'] as const).map((rendition) => origin.playlist(broadcast, rendition)));
  assert.ok(going?.segments.every(({ gap }) => !gap));
  assert.ok(stopped?.segments.at(-2)?.gap);
  assert.equal(stopped?.segments.at(-1)?.msn, going?.segments.at(-1)?.msn);
});

test('a layer that rests for a while and comes back goes on at a key frame, and the others never wait for it', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast({ tracks: [videoTrack(), audioTrack(), videoTrack({ id: 2, layer: 1, description: AVCC_720P })] });
  broadcast.run(4, { layers: [2] });
  for (let second = 0; second < 6; second++) {
    broadcast.run(1);
    const length = ({ duration, parts }: ListedSegment): number => duration ?? parts.reduce((sum, part) => sum + part.duration, 0);
    const listed = await Promise.all(
      (['v0', 'a0'] as const).map(async (id) => (await origin.playlist(broadcast, id)).segments.reduce((sum, it) => sum + length(it), 0)),
    );
    for (const seconds of listed) assert.ok(seconds > 5 + second - 0.5, `${seconds} s of ${5 + second} are listed`);
  }
  broadcast.run(6.1, { layers: [2] });
  const [going, sound, rested] = await Promise.all((['v0', 'a0', 'v1'] as const).map((id) => origin.playlist(broadcast, id)));
  for (const playlist of [going, sound]) assert.ok(playlist?.segments.every(({ gap, parts }) => !gap && parts.every((part) => !part.gap)));
  assert.deepEqual(
    rested?.segments.map(({ msn }) => msn),
    going?.segments.map(({ msn }) => msn),
  );
  const gaps = rested?.segments.map(({ gap, parts }) => gap || parts.some((part) => part.gap)) ?? [];
  assert.deepEqual(gaps, [false, false, true, true, true, false, false, false, false].slice(0, gaps.length), String(gaps));
  const returned = rested?.segments[5];
  assert.equal(returned?.parts[0]?.independent, true);
});
