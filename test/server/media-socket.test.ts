/** `media:<name>`: what a viewer on a socket gets, in which order, and how a stream goes on for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaClient, readFragment, startMediaStage } from '../support/media-client.ts';
import { AVCC_720P, audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

test('a join is answered with session, epoch and tracks, and the first bytes are the init sections and a key frame', async () => {
  await using stage = await startMediaStage();
  const broadcast = stage.broadcast();
  broadcast.run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  const { status, response } = await client.join();
  assert.equal(status, 'ok');
  assert.deepEqual(response, {
    state: 'live',
    session: broadcast.publication.session?.id,
    epoch: 1,
    layer: 0,
    tracks: [
      { id: 0, kind: 'video', codec: 'avc1.42c01e', mime: 'video/mp4; codecs="avc1.42c01e"', layer: 0, width: 640, height: 360 },
      { id: 1, kind: 'audio', codec: 'opus', mime: 'audio/mp4; codecs="opus"' },
    ],
  });
  await client.until(() => client.parts.length > 0);
  assert.deepEqual(
    client.heard
      .slice(0, 3)
      .map((it) => (it.event === 'init' ? `init ${it.init.track}` : it.event === 'part' ? `part ${it.part.track}` : '')),
    ['init 0', 'init 1', 'part 0'],
  );
  assert.equal(Buffer.from(client.inits[0]?.section ?? []).toString('latin1', 4, 8), 'ftyp');
  assert.equal(readFragment(client.parts[0]?.fragment ?? new Uint8Array()).key, true);
  await client.close();
});

test('pictures come one a fragment, sound in fragments of 40 ms at most, each contiguous and with the time of its capture', async () => {
  await using stage = await startMediaStage();
  const broadcast = stage.broadcast();
  broadcast.run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  await client.join();
  broadcast.run(2);
  await client.settle();
  for (const [track, timescale, longest] of [
    [0, 90_000, 1],
    [1, 48_000, 2],
  ] as const) {
    const parts = client.parts.filter((part) => part.track === track);
    assert.ok(parts.length > 60, `${parts.length} parts of track ${track}`);
    let end: number | null = null;
    let began: number | null = null;
    for (const { fragment, capturedAt, epoch } of parts) {
      const { time, samples, duration } = readFragment(fragment);
      assert.equal(epoch, 1);
      assert.ok(samples <= longest);
      if (end !== null) assert.equal(time, end);
      end = time + duration;
      began ??= capturedAt - (time * 1000) / timescale;
      assert.ok(Math.abs(capturedAt - (time * 1000) / timescale - began) < 20);
      assert.ok(capturedAt <= stage.clock.now());
    }
    assert.ok(stage.clock.now() - (parts.at(-1)?.capturedAt ?? 0) < 150);
  }
  await client.close();
});

test('who joins between two key frames gets everything since the newest one, and nothing from before', async () => {
  await using stage = await startMediaStage();
  const broadcast = stage.broadcast();
  broadcast.run(3);
  // One who is there already: the newcomer then gets what was kept for sockets rather than what the hub keeps.
  const early = await MediaClient.connect(stage.socketUrl);
  await early.join();
  // In one go, the time that passes would be the time that its socket has not sent.
  for (const seconds of [1, 1, 0.5]) {
    broadcast.run(seconds);
    await early.settle();
  }
  const late = await MediaClient.connect(stage.socketUrl);
  await late.join();
  await late.until(() => late.parts.length > 0);
  await early.settle();
  await late.settle();
  const pictures = late.parts.filter(({ track }) => track === 0);
  const [newest] = pictures;
  const keys = early.parts.filter(({ track, fragment }) => track === 0 && readFragment(fragment).key);
  assert.equal(newest?.capturedAt, keys.at(-1)?.capturedAt);
  assert.equal(
    pictures.length,
    early.parts.filter(({ track, capturedAt }) => track === 0 && capturedAt >= (newest?.capturedAt ?? 0)).length,
  );
  const sound = late.parts.find(({ track }) => track === 1);
  assert.ok(Math.abs((sound?.capturedAt ?? 0) - (newest?.capturedAt ?? 0)) <= 60);
  assert.equal(stage.hub.status('demo').viewers, 2);
  await early.close();
  await late.close();
});

test('a new epoch says its tracks, then its init sections, and begins with a key frame', async () => {
  await using stage = await startMediaStage();
  const broadcast = stage.broadcast();
  broadcast.run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  await client.join();
  const publishKey = broadcast.publication.publishKey;
  const again = stage.broadcast({ publishKey, tracks: [videoTrack({ description: AVCC_720P }), audioTrack()] });
  again.run(3);
  await client.settle();
  const at = client.heard.findIndex((it) => it.event === 'text' && it.name === 'tracks');
  const behind = client.heard.slice(at);
  const [tracks, picture, sound, ...rest] = behind;
  assert.ok(tracks?.event === 'text' && picture?.event === 'init' && sound?.event === 'init');
  assert.equal(tracks.payload['session'], again.publication.session?.id);
  assert.equal(tracks.payload['epoch'], 2);
  assert.deepEqual([picture.init.track, picture.init.epoch, sound.init.track, sound.init.epoch], [0, 2, 1, 2]);
  const shown = rest.flatMap((it) => (it.event === 'part' && it.part.track === 0 ? [it.part] : []));
  assert.equal(readFragment(shown[0]?.fragment ?? new Uint8Array()).key, true);
  assert.ok(rest.every((it) => it.event !== 'part' || it.part.epoch === 2));
  await client.close();
});

test('a viewer stays through away and ended, and goes on with the next session without joining again', async () => {
  await using stage = await startMediaStage();
  const broadcast = stage.broadcast();
  broadcast.run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  await client.join();
  broadcast.publication.drop();
  await client.settle();
  assert.equal(client.said('state').at(-1)?.['state'], 'away');
  stage.clock.advance(31_000);
  await client.settle();
  assert.equal(client.said('state').at(-1)?.['state'], 'ended');
  const next = stage.broadcast();
  next.run(3);
  await client.settle();
  assert.deepEqual(client.said('state').at(-1), { state: 'live', session: next.publication.session?.id });
  assert.equal(client.said('tracks').at(-1)?.['session'], next.publication.session?.id);
  assert.equal(client.inits.length, 4);
  await client.close();
});

test('a stream of sound alone is sent from half a second back', async () => {
  await using stage = await startMediaStage();
  const broadcast = stage.broadcast({ tracks: [audioTrack()] });
  broadcast.run(3);
  const early = await MediaClient.connect(stage.socketUrl);
  await early.join();
  broadcast.run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  const { response } = await client.join();
  await client.settle();
  assert.equal(response['layer'], undefined);
  assert.deepEqual([client.inits.length, client.parts.length > 0], [1, true]);
  const back = stage.clock.now() - (client.parts[0]?.capturedAt ?? 0);
  assert.ok(back > 400 && back < 700, `${back} ms back`);
  await early.close();
  await client.close();
});

test('the largest layer is sent unless another is asked for, and a change comes with the key frame of the other', async () => {
  await using stage = await startMediaStage();
  const tracks = [videoTrack({ layer: 0 }), videoTrack({ id: 2, layer: 1, description: AVCC_720P, codec: 'avc1.42001f' }), audioTrack()];
  const broadcast = stage.broadcast({ tracks });
  broadcast.run(3, { layers: [2] });
  const client = await MediaClient.connect(stage.socketUrl);
  const small = await MediaClient.connect(stage.socketUrl);
  const { response } = await client.join();
  assert.equal(response['layer'], 1);
  assert.equal((await small.join({ layer: 0 })).response['layer'], 0);
  broadcast.run(1.5, { layers: [2] });
  assert.equal((await client.push('layer', { layer: 3 })).response['reason'], 'invalid');
  assert.equal((await client.push('layer', { layer: 0 })).status, 'ok');
  broadcast.run(2, { layers: [2] });
  await client.settle();
  await small.settle();
  const at = client.heard.findIndex((it) => it.event === 'text' && it.name === 'layer');
  const [told, init, part] = client.heard.slice(at);
  assert.ok(told?.event === 'text' && init?.event === 'init' && part?.event === 'part');
  assert.deepEqual(told.payload, { layer: 0, track: 0 });
  assert.equal(init.init.track, 0);
  assert.deepEqual([part.part.track, readFragment(part.part.fragment).key], [0, true]);
  const pictures = (list: typeof client.heard): number[] =>
    list.flatMap((it) => (it.event === 'part' && it.part.track !== 2 ? [it.part.track] : []));
  assert.ok(pictures(client.heard.slice(0, at)).every((track) => track === 1));
  assert.ok(pictures(client.heard.slice(at)).every((track) => track === 0));
  assert.ok(pictures(small.heard).every((track) => track === 0));
  await client.close();
  await small.close();
});

test('what cannot be watched is refused with its reason', async () => {
  await using stage = await startMediaStage({ maxViewers: 1 });
  const offline = await MediaClient.connect(stage.socketUrl, 'nobody');
  assert.equal((await offline.join()).response['reason'], 'stream-offline');
  stage.broadcast().run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  assert.equal((await client.join({ layer: 'high' })).response['reason'], 'invalid');
  assert.equal((await client.join()).status, 'ok');
  const second = await MediaClient.connect(stage.socketUrl);
  assert.equal((await second.join()).response['reason'], 'limit');
  for (const each of [offline, client, second]) await each.close();
});

test('viewers are counted, but for those who are counted elsewhere, and nothing is left of a stream that nobody watches', async () => {
  await using stage = await startMediaStage();
  stage.broadcast().run(3);
  const client = await MediaClient.connect(stage.socketUrl);
  const uncounted = await MediaClient.connect(stage.socketUrl);
  await client.join();
  await uncounted.join({ count: false });
  assert.equal(stage.hub.status('demo').viewers, 1);
  await client.until(() => client.said('viewers').some(({ count }) => count === 1));
  assert.equal(stage.fanout.size, 1);
  await client.push('phx_leave', {});
  await uncounted.push('phx_leave', {});
  assert.equal(stage.fanout.size, 0);
  assert.equal(stage.hub.status('demo').viewers, 0);
  await client.close();
  await uncounted.close();
});
