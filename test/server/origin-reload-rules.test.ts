/** The rules of docs/live.md, 14 to 19: blocking reload against a running origin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMediaPlaylist } from '../support/playlist.ts';
import { type RunningOrigin, startOrigin } from '../support/running-origin.ts';
import type { SimulatedBroadcast } from '../support/simulated-broadcast.ts';

/** A request that is expected to be held: what came of it, and whether it is still open. */
class Held {
  readonly response: Promise<Response>;
  done = false;

  constructor(url: string, signal?: AbortSignal) {
    this.response = fetch(url, signal === undefined ? {} : { signal });
    this.response.then(
      () => {
        this.done = true;
      },
      () => {
        this.done = true;
      },
    );
  }
}

async function hold(origin: RunningOrigin, broadcast: SimulatedBroadcast, query: string): Promise<Held> {
  const held = new Held(`${origin.base(broadcast, 'v0')}/media.m3u8${query}`);
  await origin.settle();
  assert.equal(held.done, false, 'the request is held');
  return held;
}

const status = async (origin: RunningOrigin, broadcast: SimulatedBroadcast, query: string): Promise<number> => {
  const response = await fetch(`${origin.base(broadcast, 'v0')}/media.m3u8${query}`);
  await response.arrayBuffer();
  return response.status;
};

/** Segments 0 and 1 are complete, segment 2 has five parts. */
async function started(origin: RunningOrigin): Promise<SimulatedBroadcast> {
  const broadcast = origin.broadcast();
  broadcast.run(5);
  const { segments } = await origin.playlist(broadcast, 'v0');
  assert.equal(segments.at(-1)?.msn, 2);
  assert.equal(segments.at(-1)?.parts.length, 5);
  return broadcast;
}

test('rule 14: a request for a part waits until that part exists', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const held = await hold(origin, broadcast, '?_HLS_msn=2&_HLS_part=5');
  broadcast.run(0.1);
  await origin.settle();
  assert.equal(held.done, false);
  broadcast.run(0.1);
  const playlist = parseMediaPlaylist(await (await held.response).text());
  assert.equal(playlist.segments.at(-1)?.parts.length, 6);
});

test('rule 14: a part past the last of its segment means the first of the next', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const held = await hold(origin, broadcast, '?_HLS_msn=2&_HLS_part=12');
  broadcast.run(1.1);
  await origin.settle();
  assert.equal(held.done, false, 'segment 2 is complete, and segment 3 has no part yet');
  broadcast.run(0.2);
  const playlist = parseMediaPlaylist(await (await held.response).text());
  assert.equal(playlist.segments.at(-1)?.msn, 3);
});

test('rule 15: a request for a segment without a part is answered at its first part', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const held = await hold(origin, broadcast, '?_HLS_msn=3');
  broadcast.run(1.3);
  const playlist = parseMediaPlaylist(await (await held.response).text());
  assert.equal(playlist.segments.at(-1)?.msn, 3);
  assert.equal(playlist.segments.at(-1)?.parts.length, 1);
});

test('rule 16: _HLS_part without _HLS_msn is refused', async () => {
  await using origin = await startOrigin();
  assert.equal(await status(origin, await started(origin), '?_HLS_part=1'), 400);
});

test('rule 16: directives that are no numbers are refused', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  for (const query of ['?_HLS_msn=-1', '?_HLS_msn=x', '?_HLS_msn=1&_HLS_msn=2', '?_HLS_msn=2&_HLS_part=1e9']) {
    assert.equal(await status(origin, broadcast, query), 400, query);
  }
});

test('rule 16: a segment more than two past the newest is refused, as problem details', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const response = await fetch(`${origin.base(broadcast, 'v0')}/media.m3u8?_HLS_msn=4`);
  assert.equal(response.status, 400);
  assert.match(response.headers.get('content-type') ?? '', /application\/problem\+json/);
  assert.equal(((await response.json()) as { code: string }).code, 'invalid');
});

test('rule 16: a segment two past the newest complete one is waited for', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const held = await hold(origin, broadcast, '?_HLS_msn=3&_HLS_part=0');
  broadcast.run(1.3);
  assert.equal((await held.response).status, 200);
});

test('rule 16: a part beyond the advance part limit is refused', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  // 3 / 0.22, rounded up, past part 4.
  assert.equal(await status(origin, broadcast, '?_HLS_msn=2&_HLS_part=19'), 400);
  await hold(origin, broadcast, '?_HLS_msn=2&_HLS_part=18');
});

test('rule 17: a segment that is already gone is answered at once', async () => {
  await using origin = await startOrigin({ window: 6000 });
  const broadcast = origin.broadcast();
  broadcast.run(30);
  for (const query of ['?_HLS_msn=0&_HLS_part=3', '?_HLS_msn=0', '?_HLS_msn=0&_HLS_part=999']) {
    const playlist = await origin.playlist(broadcast, 'v0', query);
    assert.ok(playlist.mediaSequence > 0);
    assert.equal(playlist.text, (await origin.playlist(broadcast, 'v0')).text, 'it is the current playlist');
  }
});

test('rule 17: a broadcaster that falls silent holds nobody for three target durations, since gaps come', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const held = await hold(origin, broadcast, '?_HLS_msn=3&_HLS_part=13');
  origin.clock.advance(5900);
  const response = await held.response;
  assert.equal(response.status, 200);
  assert.ok(parseMediaPlaylist(await response.text()).segments.some(({ gap }) => gap));
});

test('rule 17: who has waited for three target durations is answered 503, and nothing stays behind', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const timers = origin.clock.pending;
  const held = await hold(origin, broadcast, '?_HLS_msn=3');
  const part = new Held(`${origin.base(broadcast, 'v0')}/part-2.5.m4s`);
  await origin.settle();
  // An uplink that brings one picture a second never falls silent, and never gets there.
  for (let second = 0; second < 6; second++) {
    assert.deepEqual([held.done, part.done], [false, false], `held after ${second} s`);
    origin.clock.advance(1000);
    broadcast.picture(5 + second / 60, false);
  }
  for (const response of [await held.response, await part.response]) {
    assert.equal(response.status, 503);
    assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
    assert.equal(((await response.json()) as { code: string }).code, 'unavailable');
  }
  assert.equal(origin.clock.pending, timers);
});

test('rule 18: after ENDLIST all directives are ignored', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  broadcast.publication.end();
  for (const query of ['?_HLS_part=1', '?_HLS_msn=999', '?_HLS_msn=x']) {
    const playlist = await origin.playlist(broadcast, 'v0', query);
    assert.equal(playlist.ended, true);
  }
});

test('rule 18: the end of the stream answers every held request', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const held = await hold(origin, broadcast, '?_HLS_msn=3');
  broadcast.publication.end();
  assert.equal(parseMediaPlaylist(await (await held.response).text()).ended, true);
});

test('rule 19: a part is listed within one PART-TARGET and a segment within one and a half target durations', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  let parts = 0;
  let segment = 0;
  let sincePart = 0;
  let sinceSegment = 0;
  for (let step = 0; step < 300; step++) {
    broadcast.run(0.03);
    sincePart += 0.03;
    sinceSegment += 0.03;
    const { segments, partTarget } = await origin.playlist(broadcast, 'v0');
    const last = segments.at(-1);
    const count = (last?.msn ?? 0) * 1000 + (last?.parts.length ?? 0);
    if (count !== parts) sincePart = 0;
    if (last?.msn !== segment) sinceSegment = 0;
    parts = count;
    segment = last?.msn ?? 0;
    // A key frame ends the last part of a segment 33 ms before the next one begins.
    assert.ok(sincePart <= (partTarget ?? 0) + 0.03, `no part for ${sincePart} s`);
    assert.ok(sinceSegment <= 3);
  }
});

test('a request whose client has gone is released', async () => {
  await using origin = await startOrigin();
  const broadcast = await started(origin);
  const timers = origin.clock.pending;
  const abort = new AbortController();
  const held = new Held(`${origin.base(broadcast, 'v0')}/media.m3u8?_HLS_msn=3`, abort.signal);
  await origin.settle();
  assert.equal(origin.clock.pending, timers + 1, 'it is held, with a time limit');
  abort.abort();
  await assert.rejects(held.response);
  for (let turn = 0; turn < 50 && origin.clock.pending !== timers; turn++) await origin.settle();
  assert.equal(origin.clock.pending, timers);
});
