/** The check against an origin whose playlist moves on while it is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofOneMoment } from '../../server-reference/src/check/delta-update.ts';
import { type Get, HttpClient } from '../../server-reference/src/check/http-client.ts';
import type { CheckLog, RenditionLog } from '../../server-reference/src/check/log.ts';
import { RenditionPlayer } from '../../server-reference/src/check/rendition-player.ts';
import { deltaUpdates } from '../../server-reference/src/check/rules/low-latency.ts';
import { Deadline } from '../../server-reference/src/check/waiting.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { type RunningOrigin, startOrigin } from '../support/running-origin.ts';

/** Asks as a player does until there is one comparison; `moves` times the playlist moves on by 6 s between the two answers that it takes. */
async function compareOnce(origin: RunningOrigin, moves: number): Promise<RenditionLog> {
  const broadcast = origin.broadcast();
  broadcast.run(24.5);
  const stop = new AbortController();
  const client = new HttpClient({ clock: systemClock, signal: stop.signal, insecure: false });
  const deadline = new Deadline(systemClock, systemClock.now() + 20_000, stop.signal);
  let left = moves;
  let full = Promise.withResolvers<void>();
  const get: Get = async (url, options) => {
    if (!url.includes('_HLS_skip')) {
      const answer = await client.get(url, options);
      if (url.endsWith('media.m3u8')) full.resolve();
      return answer;
    }
    // The first of them is the playlist that the comparison begins with; by now the one that is asked for beside this one is under way.
    full = Promise.withResolvers();
    await full.promise;
    if (left-- > 0) broadcast.run(6);
    return client.get(url, options);
  };
  const options = { name: 'v0', url: `${origin.base(broadcast, 'v0')}/media.m3u8`, role: 'variant', variables: new Map() } as const;
  const player = new RenditionPlayer({ ...options, get, clock: systemClock, deadline });
  const playing = player.play();
  while (player.log.deltas.length === 0) await systemPause();
  stop.abort();
  deadline.close();
  await playing;
  return player.log;
}

const systemPause = (): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  systemClock.after(10, resolve);
  return promise;
};

const logOf = (rendition: RenditionLog): CheckLog => ({
  startedAt: 0,
  endedAt: 0,
  hls: { multivariant: null, multivariantExchange: null, multivariantAfter: null, renditions: [rendition], probes: [] },
  dash: null,
  stalls: [],
  token: null,
});

test('a delta update and the full playlist are asked for until both are of one moment', async () => {
  await using origin = await startOrigin();
  const rendition = await compareOnce(origin, 2);
  const [update] = rendition.deltas;
  assert.ok(update !== undefined && ofOneMoment(update.delta, update.full));
  assert.deepEqual(deltaUpdates(logOf(rendition)), { kind: 'kept', note: '5 comparisons' });
});

test('where the playlist never stands still, only what both name is compared, and the report says so', async () => {
  await using origin = await startOrigin();
  const rendition = await compareOnce(origin, Number.POSITIVE_INFINITY);
  const [update] = rendition.deltas;
  assert.ok(update !== undefined && !ofOneMoment(update.delta, update.full));
  const verdict = deltaUpdates(logOf(rendition));
  assert.equal(verdict.kind, 'kept', JSON.stringify(verdict));
  assert.match(verdict.note, /^3 comparisons; the playlist moved on/);
});
