/** What an overlay makes of a broadcast, with programs that are no ffmpeg. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceFrame, SourceTrack } from '../../../server-reference/src/hub/epoch.ts';
import type { StageHost } from '../../../server-reference/src/hub/frame-stage.ts';
import { buildAvcC } from '../../../server-reference/src/ingest/h264.ts';
import { sourceTracks } from '../../../server-reference/src/ingest/source-tracks.ts';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';
import { Ffmpeg } from '../../../server-reference/src/transcode/ffmpeg.ts';
import { Slots } from '../../../server-reference/src/transcode/slots.ts';
import { LiveOverlays } from '../../../server-reference/src/vision/live/live-overlays.ts';
import type { OverlayNotice } from '../../../server-reference/src/vision/live/overlay-stage.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { AVCC_360P, AVCC_720P, audioTrack, videoFrame, videoTrack } from '../../support/simulated-broadcast.ts';

const log = createLog({ level: 'silent' });
const finder = { detect: () => Promise.resolve({ faces: [] }) };

function tracksOf(...descriptions: Parameters<typeof sourceTracks>[0]): readonly SourceTrack[] {
  const outcome = sourceTracks(descriptions);
  assert.ok(outcome.ok);
  return outcome.tracks;
}

function open(program: string, slots = new Slots(1)) {
  const clock = new FakeClock();
  const passed: SourceFrame[] = [];
  const notices: OverlayNotice[] = [];
  const asked = { keys: 0, missing: 0 };
  const host: StageHost = {
    get now() {
      return clock.now();
    },
    burst: 0,
    pass: (frame) => passed.push(frame),
    missing: () => asked.missing++,
    requestKeyframe: () => asked.keys++,
  };
  const overlays = new LiveOverlays({ ffmpeg: new Ffmpeg(program), slots, clock, log, finder, detectRate: 15 });
  return { clock, overlays, stage: overlays.open('demo', host, (notice) => notices.push(notice)), passed, notices, asked, slots };
}

const picture = (dts: number, key: boolean): SourceFrame => ({ track: 0, dts, cts: 0, key, data: videoFrame(key), length: 0 });
const sound = (dts: number): SourceFrame => ({ track: 1, dts, cts: 0, key: true, data: new Uint8Array(4), length: 960 });

test('of several layers the largest is drawn on and becomes v0; the others are not to be seen', () => {
  const { stage, passed } = open('/bin/true');
  const layers = [
    videoTrack({ id: 3, layer: 0, description: AVCC_360P }),
    videoTrack({ id: 0, layer: 1, description: AVCC_720P }),
    audioTrack(),
  ];
  const tracks = stage?.tracks(tracksOf(...layers)) ?? [];
  assert.deepEqual(
    tracks.map(({ id, rendition }) => [id, rendition]),
    [
      [0, 'v0'],
      [1, 'a0'],
    ],
  );
  stage?.frame({ ...picture(0, true), track: 3 });
  assert.deepEqual(passed, []);
  stage?.close();
});

test('an overlay holds a slot from its beginning to its end, and there is none without', () => {
  const slots = new Slots(1);
  const { stage, notices, overlays } = open('/bin/true', slots);
  assert.deepEqual(notices, [{ overlay: 'server:faces' }]);
  assert.equal(slots.taken, 1);
  const other = open('/bin/true', slots);
  assert.equal(other.stage, null);
  assert.equal(other.notices[0]?.overlay, 'none');
  stage?.close();
  stage?.close();
  assert.equal(slots.taken, 0);
  assert.ok(open('/bin/true', slots).stage);
  overlays.close();
});

test('pictures that are smaller than can be drawn on go on as they are sent, and that is told', () => {
  const { stage, passed, notices } = open('/bin/true');
  const sps = Uint8Array.of(0x67, 0x42, 0, 0x0a, 0xdd, 0xf9, 0x65, 0x40);
  const description = Buffer.from(buildAvcC({ sps: [sps], pps: [Uint8Array.of(0x68, 0xce, 0x3c, 0x80)] })).toString('base64');
  stage?.tracks(tracksOf(videoTrack({ description }), audioTrack()));
  assert.match(notices.at(-1)?.details ?? '', /^The pictures are 8x8;/);
  stage?.frame(picture(0, false));
  stage?.frame(sound(0));
  stage?.frame(picture(33_000, true));
  assert.deepEqual(
    passed.map(({ track, dts }) => [track, dts]),
    [
      [1, 0],
      [0, 33_000],
    ],
  );
  stage?.tracks(tracksOf(videoTrack(), audioTrack()));
  assert.deepEqual(notices.at(-1), { overlay: 'server:faces' });
  stage?.close();
});

test('sound that came behind a picture waits for it, and goes on where it is lost', () => {
  const { stage, passed, asked, clock } = open('/bin/true');
  stage?.tracks(tracksOf(videoTrack(), audioTrack()));
  stage?.frame(sound(0));
  assert.equal(passed.length, 1);
  stage?.frame(picture(0, true));
  stage?.frame(sound(20_000));
  assert.equal(passed.length, 1);
  // Nothing comes back, which is noticed when there is more to do.
  clock.advance(5_001);
  stage?.frame(picture(5_001_000, true));
  assert.equal(asked.missing, 1);
  assert.equal(passed.length, 2);
  stage?.close();
});

test('where ffmpeg ends again and again pictures go on as they are sent, from a key frame on, and that is told', async () => {
  const { stage, passed, notices, asked, clock } = open('/bin/false');
  const tracks = tracksOf(videoTrack(), audioTrack());
  stage?.tracks(tracks);
  for (let dts = 0; notices.length < 2; dts += 33_000) {
    stage?.frame(picture(dts, true));
    clock.advance(33);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(notices[1]?.overlay, 'none');
  assert.match(notices[1]?.details ?? '', /again and again/);
  assert.equal(passed.length, 0);
  const { keys } = asked;
  stage?.frame(picture(1e9, false));
  assert.deepEqual([passed.length, asked.keys], [0, keys + 1]);
  stage?.frame(picture(1e9 + 1, true));
  stage?.frame(picture(1e9 + 2, false));
  stage?.frame(sound(1e9));
  assert.equal(passed.length, 3);
  assert.equal(passed[0]?.config, tracks[0]?.config, 'the key frame has its own configuration again');
  stage?.tracks(tracks);
  assert.deepEqual(notices[2], { overlay: 'server:faces' }, 'what follows is tried again');
  stage?.close();
});
