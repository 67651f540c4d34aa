/** A broadcaster that lets its best layer rest, and viewers on sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaClient, readFragment, startMediaStage } from '../support/media-client.ts';
import { AVCC_720P, audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

const small = videoTrack({ layer: 0 });
const large = videoTrack({ id: 2, layer: 1, description: AVCC_720P });

test('whoever watches a layer that rests gets the one below it, and the layer again once it is back', async () => {
  await using stage = await startMediaStage();
  const both = stage.broadcast({ tracks: [small, large, audioTrack()] });
  both.run(3, { layers: [2] });
  const client = await MediaClient.connect(stage.socketUrl);
  assert.equal((await client.join()).response['layer'], 1);
  const { publishKey } = both.publication;

  const one = stage.broadcast({ publishKey, tracks: [small, audioTrack()] });
  one.run(3);
  await client.settle();
  const resting = client.parts.filter(({ epoch, track }) => epoch === 2 && track !== 2);
  assert.ok(resting.length > 50, `${resting.length} pictures`);
  assert.equal(readFragment(resting[0]?.fragment ?? new Uint8Array()).key, true);
  assert.equal(new Set(resting.map(({ track }) => track)).size, 1, 'each picture once');

  const again = stage.broadcast({ publishKey, tracks: [small, large, audioTrack()] });
  again.run(3, { layers: [2] });
  await client.settle();
  const back = client.parts.filter(({ epoch, track }) => epoch === 3 && track !== 2);
  assert.ok(back.length > 50 && back.every(({ track }) => track === 1), `${back.length} pictures`);
  assert.equal(readFragment(back[0]?.fragment ?? new Uint8Array()).key, true);
  await client.close();
});
