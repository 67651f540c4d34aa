/** Sessions with renditions that are made here, under a fake clock: how they are configured, demanded and replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochInfo, EpochTrack, Frame } from '../../../server-reference/src/hub/media.ts';
import type { Session } from '../../../server-reference/src/hub/session.ts';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';
import { DerivedRenditions } from '../../../server-reference/src/transcode/derived-renditions.ts';
import { Ffmpeg } from '../../../server-reference/src/transcode/ffmpeg.ts';
import { SessionTranscoders } from '../../../server-reference/src/transcode/session-transcoders.ts';
import { Slots } from '../../../server-reference/src/transcode/slots.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { AVCC_360P, AVCC_720P, audioTrack, SimulatedBroadcast, testHub, videoTrack } from '../../support/simulated-broadcast.ts';

interface Recorded {
  readonly session: Session;
  readonly epochs: EpochInfo[];
  readonly frames: Frame[];
  readonly late: [string, EpochTrack][];
}

function start(ladder: readonly number[]) {
  const clock = new FakeClock();
  const hub = testHub(clock, { derivation: new DerivedRenditions({ ladder, aac: true }) });
  const slots = new Slots(4);
  // It is started and never answers: only what is decided without it is looked at here.
  const ffmpeg = new Ffmpeg('/bin/true');
  const transcoders = new SessionTranscoders(hub, { ffmpeg, slots, clock, log: createLog({ level: 'silent' }) });
  const recorded: Recorded[] = [];
  hub.onSession((session) => {
    const record: Recorded = { session, epochs: [], frames: [], late: [] };
    recorded.push(record);
    session.subscribe({
      epoch: (epoch) => record.epochs.push(epoch),
      track: (rendition, track) => record.late.push([rendition, track]),
      frame: (frame) => record.frames.push(frame),
      gap() {},
      end() {},
    });
  });
  const first = (): Recorded => {
    assert.ok(recorded[0] !== undefined);
    return recorded[0];
  };
  return { clock, hub, slots, transcoders, recorded, first };
}

const tracks720 = [videoTrack({ description: AVCC_720P }), audioTrack()];

test('AAC is part of every epoch from its beginning, and a rung once it has been configured', () => {
  const { hub, clock, first, transcoders } = start([240]);
  new SimulatedBroadcast(hub, clock, { tracks: tracks720 }).run(1);
  const { session, epochs, late } = first();
  assert.deepEqual(
    session.renditions.map(({ id }) => id),
    ['v0', 'a0', 'v1', 'a1'],
  );
  assert.deepEqual([...(epochs[0]?.tracks.keys() ?? [])], ['v0', 'a0', 'a1']);
  const track = epochs[0]?.tracks.get('v0');
  assert.ok(track !== undefined);
  session.configure('v1', track, 7);
  assert.deepEqual(late, [], 'another epoch than the one that runs');
  session.configure('v1', track, 1);
  session.configure('v1', track, 1);
  assert.deepEqual(late, [['v1', track]]);
  assert.ok(session.epoch?.tracks.has('v1'), 'who comes later hears of it with the epoch');
  transcoders.close();
});

test('an encoder of AAC runs from the first request until 30 s after the last', () => {
  const { hub, clock, slots, first, transcoders } = start([]);
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(1);
  assert.equal(slots.taken, 0);
  first().session.wanted('a0');
  assert.equal(slots.taken, 0, 'Opus needs none');
  first().session.wanted('a1');
  assert.equal(slots.taken, 1 / 8);
  clock.advance(20_000);
  first().session.wanted('a1');
  clock.advance(29_999);
  assert.equal(slots.taken, 1 / 8);
  clock.advance(1);
  assert.equal(slots.taken, 0);
  first().session.wanted('a1');
  assert.equal(slots.taken, 1 / 8);
  transcoders.close();
  assert.equal(slots.taken, 0);
});

test('an encoder of AAC that is wanted and dies is not started more often than it helps', () => {
  const { hub, clock, slots, first, transcoders } = start([]);
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(1);
  first().session.wanted('a1');
  // Each hangs for five seconds; the fourth end within a minute is the last.
  for (let second = 0; second < 40; second++) {
    first().session.wanted('a1');
    broadcast.run(1);
  }
  assert.equal(slots.taken, 0);
  transcoders.close();
});

test('the broadcaster who comes back with a picture as small as a rung gives it to the rung as it is', () => {
  const { hub, clock, first, slots, transcoders } = start([360]);
  const broadcast = new SimulatedBroadcast(hub, clock, { tracks: tracks720 });
  broadcast.run(1);
  assert.equal(slots.taken, 1);
  const { publishKey } = broadcast.publication;
  broadcast.publication.drop();
  const again = new SimulatedBroadcast(hub, clock, { publishKey, tracks: [videoTrack({ description: AVCC_360P }), audioTrack()] });
  again.run(1);
  const { epochs, frames, session } = first();
  const timescale = session.renditions[0]?.timescale ?? 0;
  assert.deepEqual(epochs[1]?.tracks.get('v1'), epochs[1]?.tracks.get('v0'));
  assert.equal(slots.taken, 0, 'no child for that');
  const of = (rendition: string) =>
    frames.filter((frame) => frame.rendition === rendition && frame.dts >= (epochs[1]?.at ?? 0) * timescale);
  assert.deepEqual(
    of('v1').map(({ dts }) => dts),
    of('v0').map(({ dts }) => dts),
  );
  assert.ok(of('v1').length > 20);
  transcoders.close();
});

test('a layer does not continue where a rung had its id', () => {
  const { hub, clock, recorded, transcoders } = start([240]);
  const broadcast = new SimulatedBroadcast(hub, clock, { tracks: tracks720 });
  broadcast.run(1);
  const { publishKey } = broadcast.publication;
  broadcast.publication.drop();
  const layered = [videoTrack({ layer: 0 }), videoTrack({ id: 2, layer: 1, description: AVCC_720P }), audioTrack()];
  new SimulatedBroadcast(hub, clock, { publishKey, tracks: layered }).run(1, { layers: [2] });
  assert.equal(recorded.length, 2);
  assert.ok(recorded[0]?.session.ended);
  transcoders.close();
});

test('what is made for an epoch that is over, or for the time of a gap, is dropped', () => {
  const { hub, clock, first, transcoders } = start([240]);
  const broadcast = new SimulatedBroadcast(hub, clock, { tracks: tracks720 });
  broadcast.run(2);
  const { session, frames } = first();
  const timescale = session.renditions[0]?.timescale ?? 0;
  const frame = { rendition: 'v1', dts: 2 * timescale, cts: 0, duration: timescale / 30, key: true, data: new Uint8Array(4) };
  const made = (): number => frames.filter(({ rendition }) => rendition === 'v1').length;
  session.derive(frame, 2);
  assert.equal(made(), 0);
  session.derive(frame, 1);
  assert.equal(made(), 1);
  broadcast.pause(10);
  session.derive({ ...frame, dts: 2.1 * timescale }, 1);
  assert.equal(made(), 1);
  transcoders.close();
});
