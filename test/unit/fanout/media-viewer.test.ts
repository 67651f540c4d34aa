/** A viewer on a socket that is slow, and those beside it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fanout } from '../../../server-reference/src/fanout/fanout.ts';
import { MediaViewer, type ViewerPort } from '../../../server-reference/src/fanout/media-viewer.ts';
import { SessionFeed } from '../../../server-reference/src/fanout/session-feed.ts';
import type { VideoConfig } from '../../../server-reference/src/hub/media.ts';
import { Session } from '../../../server-reference/src/hub/session.ts';
import type { Frame } from '../../../server-reference/src/pubsub/pubsub.ts';
import { decodeMediaPart } from '../../../src/protocol/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { readFragment } from '../../support/media-client.ts';
import { audioTrack, SimulatedBroadcast, testHub, videoTrack } from '../../support/simulated-broadcast.ts';

/** `init` or `part`, and the track. */
function kindOf(frame: Frame): string {
  if (typeof frame === 'string') return 'text';
  const [, topic = 0, event = 0] = frame;
  const payload = 3 + topic + event;
  return `${Buffer.from(frame).toString('latin1', 3 + topic, payload)} ${frame[payload]}`;
}

/** A socket whose network takes what it is told to take. */
class Port implements ViewerPort {
  readonly frames: Frame[] = [];
  bufferedAmount = 0;
  stuck = false;

  send(frame: Frame): void {
    this.frames.push(frame);
    if (this.stuck) this.bufferedAmount += frame.length;
  }

  push(): void {}

  /** Its parts: the track's number, and `!` for a picture that begins with a key frame. */
  get parts(): { track: number; key: boolean; capturedAt: number }[] {
    return this.frames.flatMap((frame) => {
      if (typeof frame === 'string') return [];
      const [, topic = 0, event = 0] = frame;
      if (Buffer.from(frame).toString('latin1', 3 + topic, 3 + topic + event) !== 'part') return [];
      const { track, fragment, capturedAt } = decodeMediaPart(frame.subarray(3 + topic + event));
      return [{ track, key: track === 0 && readFragment(fragment).key, capturedAt }];
    });
  }
}

function stage(tracks = [videoTrack(), audioTrack()]) {
  const clock = new FakeClock();
  const hub = testHub(clock);
  const broadcast = new SimulatedBroadcast(hub, clock, { tracks });
  broadcast.run(2.5);
  const fanout = new Fanout({ hub, maxViewers: 10 });
  const enter = (): Port => {
    const port = new Port();
    fanout.enter('demo', port, null);
    return port;
  };
  return { clock, broadcast, enter };
}

test('all viewers are handed the same bytes: a part is encoded once', () => {
  const { broadcast, enter } = stage();
  const [first, second, third] = [enter(), enter(), enter()];
  broadcast.run(1);
  assert.ok(first.frames.length > 60);
  for (const port of [second, third]) {
    assert.equal(port.frames.length, first.frames.length);
    for (const [index, frame] of port.frames.entries()) assert.equal(frame, first.frames[index]);
  }
});

test('a viewer that is two seconds behind is given nothing until it has caught up and a key frame comes; others are not touched', () => {
  const { clock, broadcast, enter } = stage();
  const slow = enter();
  const quick = enter();
  slow.stuck = true;
  broadcast.run(1.9);
  assert.equal(slow.parts.length, quick.parts.length);
  broadcast.run(2);
  const given = slow.parts.length;
  assert.ok(given < quick.parts.length);
  broadcast.run(4);
  assert.equal(slow.parts.length, given);
  slow.stuck = false;
  slow.bufferedAmount = 0;
  broadcast.run(2.1);
  const [next] = slow.parts.slice(given);
  assert.deepEqual([next?.track, next?.key], [0, true]);
  assert.ok(clock.now() - (next?.capturedAt ?? 0) < 2200);
  const longest = quick.parts.reduce(
    (most, { capturedAt }, index, all) => Math.max(most, capturedAt - (all[index - 1]?.capturedAt ?? capturedAt)),
    0,
  );
  assert.ok(longest < 60);
});

test('sound alone goes on as soon as its viewer has caught up', () => {
  const { broadcast, enter } = stage([audioTrack()]);
  const slow = enter();
  slow.stuck = true;
  broadcast.run(4);
  const given = slow.parts.length;
  broadcast.run(1);
  assert.equal(slow.parts.length, given);
  slow.stuck = false;
  slow.bufferedAmount = 0;
  broadcast.run(0.1);
  assert.ok(slow.parts.length > given);
});

test('a viewer whose socket always holds a little is not behind', () => {
  const { broadcast, enter } = stage();
  const port = enter();
  const other = enter();
  for (let step = 0; step < 60; step++) {
    port.bufferedAmount = 3000;
    broadcast.run(0.1);
  }
  assert.equal(port.parts.length, other.parts.length);
});

test('what has come since a key frame is not kept without bound: who joins then waits for the next one', () => {
  const { broadcast, enter } = stage();
  enter();
  broadcast.forceKey();
  broadcast.run(1.9, { frameBytes: 130_000, keyframeInterval: 0 });
  const late = enter();
  assert.ok(late.parts.every(({ track }) => track === 1));
  broadcast.forceKey();
  broadcast.run(0.1);
  assert.deepEqual(late.parts.find(({ track }) => track === 0)?.key, true);
});

test('a layer that is made here and comes later can be watched from its first key frame on', () => {
  const clock = new FakeClock();
  const config: VideoConfig = {
    kind: 'video',
    family: 'avc',
    codec: 'avc1.42e01f',
    timescale: 90_000,
    width: 1280,
    height: 720,
    avcC: new Uint8Array(7),
  };
  const source = { id: 'v0', kind: 'video', family: 'avc', timescale: 90_000 } as const;
  const opened = new Session({
    id: 's',
    stream: 'demo',
    renditions: [source, { ...source, id: 'v1', from: 'v0', lines: 360 }],
    window: 10,
    opened: () => undefined,
    keyframeNeeded: () => undefined,
  });
  const epoch = { config, frameDuration: 3000 };
  opened.begin(new Map([['v0', epoch]]), 0, clock.now(), null);
  const heard: string[] = [];
  const port: ViewerPort = { bufferedAmount: 0, send: (frame) => heard.push(kindOf(frame)), push: (event) => heard.push(event) };
  const viewer = new MediaViewer(port, clock, 1);
  const feed = new SessionFeed(opened, {
    epoch: () => undefined,
    lane: (_feed, lane) => viewer.added(lane),
    part: (part) => viewer.part(part),
  });
  opened.subscribe(feed);
  viewer.begin(feed);
  const emit = (rendition: string, dts: number, key: boolean): void =>
    opened.derive({ rendition, dts, cts: 0, duration: 3000, key, data: new Uint8Array(9) }, 1);
  emit('v0', 90_000, true);
  opened.configure('v1', { ...epoch, config: { ...config, width: 640, height: 360 } }, 1);
  emit('v0', 93_000, false);
  emit('v1', 90_000, true);
  emit('v0', 96_000, false);
  assert.deepEqual(heard, ['init 0', 'part 0', 'part 0', 'layer', 'init 1', 'part 1']);
});
