import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame, SessionInfo } from '../../../server-reference/src/hub/media.ts';
import { measureFrameDuration } from '../../../server-reference/src/hub/timeline.ts';
import { Packager } from '../../../server-reference/src/packaging/packager.ts';
import type { Part } from '../../../server-reference/src/packaging/segment.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { audioTrack, type RunOptions, SimulatedBroadcast, testHub, videoTrack } from '../../support/simulated-broadcast.ts';

const HOUR = 3600;

interface Listed {
  readonly part: Part;
  readonly msn: number;
}

interface Recording {
  readonly info: SessionInfo;
  readonly partTarget: number;
  /** Worst difference between where a picture is presented and when it was captured, in seconds. */
  readonly presentation: number;
  /** Largest composition offset, in frames. */
  readonly offset: number;
  /** Largest difference of a duration from the nominal one, in frames. */
  readonly step: number;
  /** Worst difference between where sound is and when it was captured, behind the first ten seconds. */
  readonly sound: number;
  /** Captured time less what the playlists say has passed, at the end. */
  readonly drift: { readonly v0: number; readonly a0: number };
  readonly segments: readonly number[];
  /** Parts that are not the last of their segment. */
  readonly inner: readonly number[];
}

/** An hour through the hub and the packager, by a camera with these capture times. */
function record(options: RunOptions & { camera?: Generator<number>; frameRate: number; soundRate?: number }, duration = HOUR): Recording {
  const clock = new FakeClock();
  const hub = testHub(clock);
  const captures: number[] = [];
  const watched = options.camera === undefined ? undefined : watch(options.camera, captures);
  const parts: Listed[] = [];
  const extinf = { v0: 0, a0: 0 };
  const start = { v0: 0, a0: 0 };
  const counted = { v0: -1, a0: -1 };
  const segments: number[] = [];
  let packager: Packager | null = null;
  let presentation = 0;
  let offset = 0;
  let step = 0;
  let sound = 0;
  let pictures = 0;
  let packets = 0;
  let broadcast: SimulatedBroadcast | null = null;
  hub.onSession((session) => {
    const made = new Packager(session.info, {
      partDuration: 0.2,
      segmentDuration: 2,
      window: 30,
      keyframeNeeded: () => assert.fail('key frames come when they are due'),
      changed: (rendition) => {
        const id = rendition.info.id as 'v0' | 'a0';
        const last = rendition.last;
        const part = last?.parts.at(-1);
        if (last === undefined || part === undefined) return;
        if (last.complete) {
          // The end of the stream is a change too.
          if (last.msn === counted[id]) return;
          counted[id] = last.msn;
          extinf[id] += last.duration / rendition.info.timescale;
          if (last.msn === 0) start[id] = last.start / rendition.info.timescale;
          if (id === 'v0') segments.push(last.duration / rendition.info.timescale);
        } else if (id === 'v0') parts.push({ part, msn: last.msn });
      },
    });
    packager = made;
    const nominal = 90_000 / options.frameRate;
    const frame = (it: Frame): void => {
      made.frame(it);
      const zero = session.info.zero;
      if (it.rendition === 'v0') {
        const captured = broadcast?.wall(captures[pictures] ?? pictures / options.frameRate) ?? 0;
        pictures++;
        const presented = zero + ((it.dts + it.cts) / 90_000) * 1000;
        presentation = Math.max(presentation, Math.abs(presented - captured) / 1000);
        offset = Math.max(offset, Math.abs(it.cts) / nominal);
        step = Math.max(step, Math.abs(it.duration - nominal) / nominal);
      } else {
        const captured = packets++ * (options.packetTime ?? 0.02);
        const placed = (zero + (it.dts / 48_000) * 1000 - (broadcast?.wall(0) ?? 0)) / 1000;
        if (captured > 10) sound = Math.max(sound, Math.abs(placed - captured));
      }
    };
    session.subscribe({ epoch: (epoch) => made.epoch(epoch), frame, gap: () => assert.fail('nothing is missing'), end: () => made.end() });
  });
  broadcast = new SimulatedBroadcast(hub, clock, { tracks: [videoTrack({ frame_rate: 30 }), audioTrack()] });
  broadcast.run(duration, { ...options, ...(watched === undefined ? {} : { camera: watched }) });
  broadcast.publication.end();
  const made = packager as Packager | null;
  assert.ok(made !== null && made.timing !== null);
  const zero = made.info.zero;
  const ended = (broadcast.wall(duration) - zero) / 1000;
  const inner = parts.flatMap(({ part, msn }, index) => (parts[index + 1]?.msn === msn ? [part.duration / 90_000] : []));
  const drift = { v0: ended - (start.v0 + extinf.v0), a0: ended - (start.a0 + extinf.a0) };
  return { info: made.info, partTarget: made.timing.target, presentation, offset, step, sound, drift, segments, inner };
}

/** The first frame is sent at time 0, before the camera is asked. */
function* watch(camera: Generator<number>, captures: number[]): Generator<number> {
  captures.push(0);
  for (const time of camera) {
    captures.push(time);
    yield time;
  }
}

/** Deterministic noise between -1 and 1. */
function noise(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
}

function* camera(frameRate: number, jitter: number, skipped: (index: number) => boolean = () => false): Generator<number> {
  const random = noise();
  for (let index = 1; ; index++) if (!skipped(index)) yield index / frameRate + random() * jitter;
}

function check(it: Recording, frameRate: number): void {
  // Capture times arrive in microseconds, presentation times leave in 90 kHz.
  assert.ok(it.presentation < 0.0001, `a picture is presented ${it.presentation} s from its capture time`);
  assert.ok(it.offset < 2, `the grid is never more than two frames from the camera, was ${it.offset}`);
  assert.ok(it.step < 0.5, `no duration is off by half a frame, was ${it.step}`);
  assert.ok(Math.abs(it.drift.v0) < 2 / frameRate, `video says ${it.drift.v0} s less than was captured`);
  assert.ok(Math.abs(it.drift.a0) < 2 / frameRate, `sound says ${it.drift.a0} s less than was captured`);
  assert.ok(it.sound < 0.015, `sound is ${it.sound} s from its capture time`);
  assert.ok(it.inner.length > 0);
  for (const duration of it.inner) {
    assert.ok(duration <= it.partTarget + 1e-5, `a part of ${duration} s exceeds PART-TARGET ${it.partTarget}`);
    assert.ok(duration >= 0.85 * it.partTarget - 1e-5, `a part of ${duration} s is under 85 % of PART-TARGET ${it.partTarget}`);
  }
  for (const duration of it.segments) assert.ok(Math.round(duration) <= 2, `a segment lasts ${duration} s`);
}

test('an hour of a camera at exactly 30 fps: parts last exactly 200 ms', () => {
  const it = record({ frameRate: 30 });
  check(it, 30);
  assert.equal(it.partTarget, 0.22);
  assert.ok(it.inner.every((duration) => Math.abs(duration - 0.2) < 0.0005));
});

test('an hour of a camera at 29.7 fps that says 30: EXTINF adds up to the captured time and sound stays with the picture', () => {
  check(record({ frameRate: 29.7, camera: camera(29.7, 0.003) }), 29.7);
});

test('an hour of a camera at 24 fps: PART-TARGET is five frames and a tenth', () => {
  const it = record({ frameRate: 24, camera: camera(24, 0.003) });
  check(it, 24);
  assert.ok(Math.abs(it.partTarget - (5 / 24) * 1.1) < 0.001, `PART-TARGET is ${it.partTarget}`);
});

test('an hour of a camera that drops every thirtieth frame', () => {
  check(record({ frameRate: 30, camera: camera(30, 0.002, (index) => index % 30 === 0) }), 30);
});

test('an hour of a microphone whose clock is 200 ppm slow', () => {
  check(record({ frameRate: 30, packetTime: 0.02 * 1.0002 }), 30);
});

test('an hour of a microphone whose clock is 200 ppm fast', () => {
  check(record({ frameRate: 30, packetTime: 0.02 * 0.9998 }), 30);
});

test('a frame rate is measured from capture times, past frames that were skipped', () => {
  const times = [0, 1, 2, 4, 5, 6, 7, 8].map((index) => (index * 90_000) / 24);
  assert.equal(measureFrameDuration(times, 90_000, 30), 3750);
});

test('a frame rate within three percent of what was announced is what was announced', () => {
  const times = Array.from({ length: 9 }, (_, index) => (index * 90_000) / 29.7);
  assert.equal(measureFrameDuration(times, 90_000, 30), 3000);
});

test('a pause between the first frames is not their rate, and timestamps that hardly rise are none', () => {
  assert.equal(measureFrameDuration([0, 90_000 * 50, 90_000 * 99], 90_000, 25), 3600);
  assert.equal(measureFrameDuration([0, 90_000 * 50, 90_000 * 50 + 3000, 90_000 * 50 + 6000], 90_000, undefined), 3000);
  assert.equal(measureFrameDuration([0, 1, 2, 3, 4], 90_000, undefined), 3000);
});
