import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochInfo, Frame } from '../../../server-reference/src/hub/media.ts';
import { LiveOrigin } from '../../../server-reference/src/origin/live-origin.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  AVCC_720P,
  audioTrack,
  opusPacket,
  SimulatedBroadcast,
  testHub,
  videoFrame,
  videoTrack,
} from '../../support/simulated-broadcast.ts';

interface Recorded {
  readonly epochs: EpochInfo[];
  readonly frames: Frame[];
  readonly gaps: number[];
  zero: number;
}

function setup(options = {}) {
  const clock = new FakeClock();
  const hub = testHub(clock, options);
  const recorded: Recorded = { epochs: [], frames: [], gaps: [], zero: 0 };
  hub.onSession((session) => {
    recorded.zero = session.info.zero;
    session.subscribe({
      epoch: (epoch) => recorded.epochs.push(epoch),
      frame: (frame) => recorded.frames.push(frame),
      gap: (until) => recorded.gaps.push(until),
      end: () => undefined,
    });
  });
  return { clock, hub, recorded };
}

const of = ({ frames }: Recorded, rendition: string): Frame[] => frames.filter((frame) => frame.rendition === rendition);
const contiguous = (frames: readonly Frame[]): boolean =>
  frames.every((frame, index) => {
    const before = frames[index - 1];
    return before === undefined || frame.dts === before.dts + before.duration;
  });

test('tracks of different origins are aligned by their clocks', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { videoOrigin: 987_654, audioOrigin: 3, latency: 80 });
  broadcast.run(4);
  const [picture] = of(recorded, 'v0');
  const [sound] = of(recorded, 'a0');
  assert.ok(picture !== undefined && sound !== undefined);
  assert.equal(recorded.zero + (picture.dts / 90_000) * 1000, broadcast.wall(0));
  assert.ok(Math.abs(sound.dts / 48_000 - picture.dts / 90_000) < 0.001);
});

test('without clocks tracks are aligned by the smallest delay of their arrivals', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { videoOrigin: 987_654, audioOrigin: 3, clocks: false });
  broadcast.run(4);
  const picture = of(recorded, 'v0').at(-1);
  const sound = of(recorded, 'a0').at(-1);
  assert.ok(picture !== undefined && sound !== undefined);
  assert.ok(Math.abs(sound.dts / 48_000 - picture.dts / 90_000) < 0.04);
});

test('a clock offset that arrivals contradict is not believed', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { clocks: false });
  for (const [track, origin] of [
    [0, 1000],
    [1, 5],
  ] as const) {
    broadcast.publication.clock(track, origin * 1e6, broadcast.wall(0) + 3_600_000, 0);
  }
  broadcast.run(2);
  assert.ok(Math.abs(recorded.zero + 1000 - broadcast.wall(0)) < 100);
});

test('decode times are contiguous and durations positive whatever the camera does', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { tracks: [videoTrack()] });
  const times = function* (): Generator<number> {
    let time = 0;
    for (let index = 1; ; index++) {
      time += [0.005, 0.06, 0.033, 0.1, 0.02, 0.3][index % 6] ?? 0.033;
      yield time;
    }
  };
  broadcast.run(30, { camera: times() });
  const frames = of(recorded, 'v0');
  assert.ok(frames.length > 300);
  assert.ok(contiguous(frames));
  assert.ok(frames.every(({ duration }) => duration > 0));
});

test('a camera that halves its rate in the dark is followed, and its pictures keep their times', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { tracks: [videoTrack()] });
  broadcast.run(10);
  broadcast.run(20, { frameRate: 15 });
  const frames = of(recorded, 'v0');
  const last = frames.at(-1);
  assert.ok(last !== undefined && contiguous(frames));
  assert.ok(broadcast.asked.includes('keyframe'));
  assert.ok(Math.abs(last.cts) < 6000, `the grid is ${last.cts / 90} ms off`);
  const presented = recorded.zero + ((last.dts + last.cts) / 90_000) * 1000;
  assert.ok(Math.abs(presented - broadcast.wall(30 - 1 / 15)) < 1);
});

test('sound that lost packets is filled with silence, and what follows keeps its time', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(4);
  broadcast.run(0.1, { audio: false });
  broadcast.run(4);
  const frames = of(recorded, 'a0');
  assert.ok(contiguous(frames));
  assert.equal(frames.filter(({ data }) => data.byteLength === 3).length, 5);
  const last = frames.at(-1);
  assert.ok(last !== undefined && Math.abs(last.dts / 48_000 - (1 + 8.1 - 0.02)) < 0.005);
});

test('new parameter sets in the bitstream open an epoch in place, with the picture size they say', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(4);
  broadcast.send(0, 1004, withSets(AVCC_720P));
  assert.deepEqual(
    recorded.epochs.map(({ number }) => number),
    [1, 2],
  );
  const config = recorded.epochs[1]?.tracks.get('v0')?.config;
  assert.ok(config?.kind === 'video');
  assert.deepEqual([config.width, config.height, config.codec], [1280, 720, 'avc1.42c01f']);
  assert.ok(contiguous(of(recorded, 'v0')));
});

test('tracks that fit the session go on in it; others open a new session and end the old one', () => {
  const { clock, hub } = setup();
  const first = new SimulatedBroadcast(hub, clock);
  first.run(3);
  const session = first.publication.session;
  first.publication.drop();
  const { publishKey } = first.publication;
  const silent = new SimulatedBroadcast(hub, clock, { publishKey, tracks: [videoTrack()] });
  assert.equal(silent.publication.session, session);
  silent.publication.drop();
  const aac = audioTrack({ codec: 'mp4a.40.2', description: Buffer.from([0x11, 0x90]).toString('base64') });
  const other = new SimulatedBroadcast(hub, clock, { publishKey, tracks: [videoTrack(), aac] });
  assert.notEqual(other.publication.session?.id, session?.id);
  assert.equal(session?.ended, true);
});

test('a connected broadcaster that sends nothing for two seconds has gaps until it sends again', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(4);
  broadcast.pause(1.8);
  assert.equal(recorded.gaps.length, 0);
  broadcast.pause(2);
  assert.ok(recorded.gaps.length > 5);
  broadcast.forceKey();
  broadcast.run(2);
  const last = of(recorded, 'v0').at(-1);
  assert.ok(last !== undefined && Math.abs((last.dts + last.cts) / 90_000 - (1 + 9.8 - 1 / 30)) < 0.001);
});

test('an output that begins late begins with the newest key frame', () => {
  const { clock, hub } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(5);
  const frames: Frame[] = [];
  const ignore = (): void => undefined;
  broadcast.publication.session?.subscribe({ epoch: ignore, frame: (frame) => frames.push(frame), gap: ignore, end: ignore });
  const [first] = frames.filter(({ rendition }) => rendition === 'v0');
  assert.equal(first?.key, true);
  assert.ok(Math.abs((first?.dts ?? 0) / 90_000 - 5) < 0.001);
});

test('what a stream holds is bounded by the window: after many windows it has not grown', () => {
  const { clock, hub } = setup({ window: 6000 });
  const origin = new LiveOrigin(hub);
  const broadcast = new SimulatedBroadcast(hub, clock);
  const held: number[] = [];
  for (let window = 0; window < 30; window++) {
    broadcast.run(6);
    held.push(origin.heldBytes + (broadcast.publication.session?.heldBytes ?? 0));
  }
  const settled = held.slice(3);
  assert.ok(Math.max(...settled) <= Math.min(...settled) * 1.1, `${settled}`);
  // Three windows of what was sent, the most that is listed, kept and being filled.
  const sent = 6 * (30 * 1200 + 50 * 160);
  assert.ok(Math.max(...settled) < 4 * sent);
  origin.close();
});

test('nothing is left running when the hub is closed', () => {
  const { clock, hub } = setup();
  const origin = new LiveOrigin(hub);
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(3);
  const leave = hub.watch('demo', { changed() {}, counted() {} });
  hub.close();
  origin.close();
  leave();
  assert.deepEqual(broadcast.asked, ['stopped draining']);
  assert.equal(clock.pending, 0);
});

test('an ended stream is forgotten once its media can no longer be fetched', () => {
  for (const window of [undefined, 40_000]) {
    const { clock, hub } = setup();
    const origin = new LiveOrigin(hub);
    const broadcast = new SimulatedBroadcast(hub, clock, { packaging: window === undefined ? {} : { window } });
    broadcast.run(3);
    broadcast.publication.end();
    clock.advance(2 * (window ?? 30_000) - 1000);
    assert.ok(origin.current('demo') !== undefined);
    assert.equal(hub.status('demo').state, 'ended');
    clock.advance(2000);
    assert.equal(origin.current('demo'), undefined);
    assert.equal(hub.status('demo').state, 'waiting');
    assert.equal(clock.pending, 0);
    origin.close();
  }
});

test('while nobody is there the stream moves on part by part, as long as its own parts are', () => {
  const { clock, hub } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { packaging: { partDuration: 100 } });
  broadcast.run(3);
  const reached: number[] = [];
  hub.session('demo')?.subscribe({ epoch() {}, frame() {}, gap: (until) => reached.push(until), end() {} });
  broadcast.publication.drop();
  clock.advance(3000);
  const steps = reached.slice(1).map((until, index) => until - (reached[index] ?? 0));
  assert.ok(steps.length > 20 && steps.every((step) => step < 0.11), `${steps}`);
});

test('a packet of sound that was sent before the first picture is not part of the session', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock, { clocks: false });
  broadcast.publication.clock(0, 1000e6, broadcast.wall(0), 0);
  broadcast.publication.clock(1, 5e6, broadcast.wall(0), 0);
  broadcast.run(0.5, { video: false });
  broadcast.run(2);
  const [sound] = of(recorded, 'a0');
  const [picture] = of(recorded, 'v0');
  assert.ok(sound !== undefined && picture !== undefined);
  assert.ok(sound.dts / 48_000 >= picture.dts / 90_000 - 0.011);
  assert.deepEqual(sound.data, opusPacket());
});

for (const clocks of [true, false]) {
  test(`pictures that come 5 s after the sound, ${clocks ? 'with' : 'without'} clocks, are part of the session from its beginning`, () => {
    const { clock, hub, recorded } = setup();
    const broadcast = new SimulatedBroadcast(hub, clock, { clocks });
    broadcast.run(5, { video: false });
    assert.equal(recorded.epochs.length, 0);
    broadcast.run(3, { frameRate: 25 });
    assert.equal(recorded.epochs.length, 1);
    assert.equal(recorded.epochs[0]?.tracks.get('v0')?.frameDuration, 90_000 / 25);
    assert.equal(recorded.zero + (of(recorded, 'v0')[0]?.dts ?? 0) / 90, broadcast.wall(5) + (clocks ? 0 : 40));
  });
}

test('sound whose pictures do not come is on air without them after 6 s', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(5.9, { video: false });
  assert.equal(recorded.epochs.length, 0);
  broadcast.run(1.1, { video: false });
  assert.equal(recorded.epochs.length, 1);
  assert.ok(of(recorded, 'a0').length > 50);
});

test('an encoder that begins with other parameter sets than it announced begins with one epoch, configured by the bitstream', () => {
  const { clock, hub, recorded } = setup();
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.send(0, 1000, withSets(AVCC_720P));
  broadcast.forceKey();
  broadcast.pause(0.033);
  broadcast.run(2);
  const configs = recorded.epochs.map(({ tracks }) => tracks.get('v0')?.config);
  assert.deepEqual(
    configs.map((config) => config?.kind === 'video' && config.width),
    [1280],
  );
});

/** A key frame with the parameter sets of an avcC in it. */
function withSets(base64: string): Uint8Array {
  const avcC = Buffer.from(base64, 'base64');
  const spsLength = avcC.readUInt16BE(6);
  // In the avcC lengths are 16 bits; in a frame 32.
  const [sps, pps] = [avcC.subarray(6, 8 + spsLength), avcC.subarray(9 + spsLength)];
  return Buffer.concat([Buffer.alloc(2), sps, Buffer.alloc(2), pps, videoFrame(true)]);
}
