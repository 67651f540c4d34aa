import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../../src/playback/backoff.ts';
import { ServerClock } from '../../../src/playback/server-clock.ts';

/** A server `ahead` ms ahead of here; each answer takes the given times there and back. */
function clockAt(ahead: number, trips: [number, number][]): ServerClock {
  let now = 10_000;
  let request = 0;
  const answer: typeof fetch = async () => {
    const [there, back] = trips[request++ % trips.length] ?? [0, 0];
    now += there;
    const body = JSON.stringify({ server_ms: now + ahead });
    now += back;
    return new Response(body);
  };
  return new ServerClock({ server: 'https://a.example', fetch: answer, now: () => now });
}

describe("the server's clock", () => {
  it('is known to half a round trip', async () => {
    const clock = clockAt(5_000, [[20, 20]]);
    await clock.synchronize();
    assert.equal(clock.offset, 5_000);
  });

  it('is taken from the fastest of three answers', async () => {
    const clock = clockAt(-700, [
      [300, 10],
      [5, 5],
      [10, 400],
    ]);
    await clock.synchronize();
    assert.equal(clock.offset, -700);
  });

  it('is unknown before an answer', () => assert.equal(clockAt(1, [[1, 1]]).offset, null));

  it('keeps what it knew when the server makes no sense', async () => {
    const clock = new ServerClock({ server: 'https://a.example', fetch: async () => new Response('{}'), now: () => 0 });
    await assert.rejects(clock.synchronize());
    assert.equal(clock.offset, null);
  });
});

describe('the pauses between tries', () => {
  it('grow by half, up to the limit', () => {
    const backoff = new Backoff({ first: 1_000, limit: 2_000, random: () => 0.5 });
    assert.deepEqual([backoff.next(), backoff.next(), backoff.next(), backoff.next()], [1_000, 1_500, 2_000, 2_000]);
  });

  it('spread by a fifth', () => {
    assert.equal(new Backoff({ first: 1_000, limit: 2_000, random: () => 0 }).next(), 800);
    assert.equal(new Backoff({ first: 1_000, limit: 2_000, random: () => 1 }).next(), 1_200);
  });

  it('start over after a success', () => {
    const backoff = new Backoff({ first: 1_000, limit: 8_000, random: () => 0.5 });
    backoff.next();
    backoff.next();
    backoff.reset();
    assert.equal(backoff.next(), 1_000);
  });
});
