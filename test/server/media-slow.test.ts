/** A viewer on a real socket that stops reading. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaClient, readFragment, startMediaStage } from '../support/media-client.ts';

test('a socket that is not read skips to a key frame, stays open, and delays nobody', async () => {
  await using stage = await startMediaStage({ maxBitrate: 1_000_000_000 });
  const broadcast = stage.broadcast();
  const options = { frameBytes: 100_000 };
  broadcast.run(2.1, options);
  const slow = await MediaClient.connect(stage.socketUrl);
  const quick = await MediaClient.connect(stage.socketUrl);
  await slow.join();
  await quick.join();
  slow.socket.pause();
  let latest = 0;
  for (let step = 0; step < 80; step++) {
    broadcast.run(0.1, options);
    await quick.settle();
    latest = Math.max(latest, stage.clock.now() - (quick.parts.at(-1)?.capturedAt ?? 0));
  }
  assert.ok(latest < 150, `the quick one was ${latest} ms behind`);
  slow.socket.resume();
  await slow.settle();
  const read = slow.parts.length;
  assert.ok(read < quick.parts.length);
  broadcast.run(2.1, options);
  await slow.settle();
  const [next] = slow.parts.slice(read).filter(({ track }) => track === 0);
  assert.ok(next !== undefined && readFragment(next.fragment).key);
  assert.ok(stage.clock.now() - next.capturedAt < 2200);
  await slow.close();
  await quick.close();
});
