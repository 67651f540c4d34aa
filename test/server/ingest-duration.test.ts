/** `--max-duration`: a broadcast that lasts as long as it may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../support/fake-clock.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { audioTrack, videoTrack } from '../support/simulated-broadcast.ts';

const TRACKS = [videoTrack(), audioTrack()];

test('a broadcast is stopped with a reason once it has lasted as long as it may, and says so to who goes on sending', async () => {
  const clock = new FakeClock();
  await using server = await startTestServer({ maxDuration: 60_000 }, { clock });
  const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks: TRACKS });
  assert.equal(publisher.joinReply.status, 'ok');
  for (let second = 0; second < 59; second++) clock.advance(1000);
  assert.equal((await publisher.push('time', {})).status, 'ok');
  clock.advance(1001);
  const refused = await publisher.push('time', {});
  assert.equal(refused.response['reason'], 'limit');
  assert.deepEqual(publisher.pushes.at(-1), { event: 'stopped', payload: { reason: 'limit' } });
  publisher.drop();
});
