/** The broadcaster's way to the server, with frames that no camera saw: what the worker does, without the encoders. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { CaptureClock } from '../../src/capture/capture-clock.ts';
import { AUDIO_TRACK, VIDEO_TRACK } from '../../src/capture/encoded-track.ts';
import { Transmitter } from '../../src/capture/transmitter.ts';
import type { GlasscastError, StreamReply, TrackDescription } from '../../src/protocol/index.ts';
import { Connection } from '../../src/signaling/connection.ts';
import { realmTimers } from '../../src/workers/worker-timers.ts';
import { startTestServer } from '../support/server.ts';
import { AVCC_720P, audioTrack, opusPacket, videoFrame, videoTrack } from '../support/simulated-broadcast.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const now = (): number => performance.timeOrigin + performance.now();

interface StudioOptions {
  readonly server: string;
  readonly stream?: string;
  readonly publishKey?: string;
  readonly bitrate?: number;
}

/** A camera and a microphone that deliver in real time, encoders that do as they are told, and a socket that can be cut. */
class Studio {
  readonly transmitter: Transmitter;
  readonly joins: StreamReply[] = [];
  readonly rates: number[] = [];
  readonly troubles: GlasscastError[] = [];
  readonly notices: unknown[] = [];
  keyFramesNeeded = 0;
  keyFramesAcknowledged = 0;
  drops = 0;
  ended: GlasscastError | null = null;
  /** False: no frame after the first becomes a key frame, whoever asks. */
  obeys = true;
  readonly #video = new CaptureClock();
  readonly #audio = new CaptureClock();
  readonly #sockets: WebSocket[] = [];
  readonly #began = now();
  #tracks: TrackDescription[] = [videoTrack(), audioTrack()];
  #bitrate: number;
  #pictures = 0;
  #sounds = 0;
  #keyDue = true;
  #changed: (() => void)[] = [];

  constructor({ server, stream = 'show', publishKey, bitrate = 400_000 }: StudioOptions) {
    this.#bitrate = bitrate;
    const sockets = this.#sockets;
    class CuttableSocket extends WebSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    this.transmitter = new Transmitter(
      {
        uplink: { server, socketPath: '/socket', token: null, hasTokenProvider: false, stream, publishKey: publishKey ?? null },
        bitrate,
        tracks: () => this.#tracks,
        clocks: () => [
          { track: VIDEO_TRACK, clock: this.#video, timestamp: this.#pictures * 33_333 },
          { track: AUDIO_TRACK, clock: this.#audio, timestamp: this.#sounds * 20_000 },
        ],
      },
      {
        joined: (reply) => this.#note(() => this.joins.push(reply), true),
        dropped: () => this.#note(() => this.drops++),
        ended: (error) =>
          this.#note(() => {
            this.ended = error;
          }),
        keyFrameNeeded: () => this.#note(() => this.keyFramesNeeded++, this.obeys),
        keyFrameAcknowledged: () => this.#note(() => this.keyFramesAcknowledged++),
        rate: (rate) =>
          this.#note(() => {
            this.rates.push(rate);
            this.#bitrate = rate;
          }, true),
        trouble: (error) => this.#note(() => this.troubles.push(error)),
        notice: (error) => this.#note(() => this.notices.push(error)),
      },
      {
        now,
        timers: realmTimers,
        tokenProvider: () => Promise.reject(new Error('nobody has a token')),
        connect: (init) => new Connection({ ...init, WebSocket: CuttableSocket }),
      },
    );
    const timer = setInterval(() => this.#capture(), 10);
    ends.push(() => clearInterval(timer));
    ends.push(() => this.transmitter.close());
    this.transmitter.open();
  }

  /** Resolves once it holds; looked at whenever something has happened, and with every frame. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return void this.#changed.push(look);
        resolve();
      };
      look();
    });
  }

  cut(): void {
    this.#sockets.at(-1)?.close();
  }

  /** The phone was turned. */
  change(tracks: TrackDescription[]): Promise<void> {
    this.#tracks = tracks;
    this.#keyDue = true;
    return this.transmitter.tracksChanged();
  }

  #note(change: () => void, keyDue = false): void {
    change();
    this.#keyDue ||= keyDue;
    for (const look of this.#changed.splice(0)) look();
  }

  #capture(): void {
    const time = (now() - this.#began) * 1000;
    for (; this.#pictures * 33_333 < time; this.#pictures++) {
      const timestamp = this.#pictures * 33_333;
      this.#video.observe(timestamp, now());
      if (!this.transmitter.joined) continue;
      const key = this.#keyDue;
      this.#keyDue = false;
      const data = videoFrame(key, Math.max(64, Math.round(this.#bitrate / 8 / 30)));
      this.transmitter.send(VIDEO_TRACK, { key, timestamp, duration: 33_333, data });
    }
    for (; this.#sounds * 20_000 < time; this.#sounds++) {
      const timestamp = this.#sounds * 20_000;
      this.#audio.observe(timestamp + 20_000, now());
      this.transmitter.send(AUDIO_TRACK, { key: true, timestamp, duration: 20_000, data: opusPacket() });
    }
    for (const look of this.#changed.splice(0)) look();
  }
}

async function start(settings: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(settings);
  ends.push(() => server.close(0));
  return server;
}

async function statusOf(server: string, stream = 'show'): Promise<{ state: string; session: string | null }> {
  return (await (await fetch(`${server}/api/streams/${stream}`)).json()) as { state: string; session: string | null };
}

async function becomes(server: string, state: string): Promise<void> {
  while ((await statusOf(server)).state !== state);
}

describe('the uplink', { timeout: 20_000 }, () => {
  test('takes a stream live, and every frame is acknowledged', async () => {
    const { url } = await start();
    const studio = new Studio({ server: url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    await becomes(url, 'live');
    assert.equal((await statusOf(url)).session, studio.joins[0]?.session);
    await studio.until(() => studio.transmitter.throughput > 200_000);
    assert.ok(studio.transmitter.delay < 500, `${studio.transmitter.delay} ms`);
    assert.equal(studio.transmitter.dropped, 0);
    assert.deepEqual([studio.notices, studio.troubles], [[], []]);
  });

  test('comes back after its connection was cut, in the next epoch of the same session', async () => {
    const { url } = await start();
    const studio = new Studio({ server: url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    await becomes(url, 'live');
    studio.cut();
    await studio.until(() => studio.keyFramesAcknowledged === 2);
    const [first, second] = studio.joins;
    assert.equal(studio.drops, 1);
    assert.equal(second?.session, first?.session);
    assert.equal(second?.epoch, (first?.epoch ?? 0) + 1);
    assert.equal(second?.publish_key, first?.publish_key);
    await becomes(url, 'live');
    assert.deepEqual(studio.notices, []);
  });

  test('is refused where somebody else broadcasts under the name', async () => {
    const { url } = await start();
    const first = new Studio({ server: url });
    await first.until(() => first.keyFramesAcknowledged === 1);
    const second = new Studio({ server: url });
    await second.until(() => second.ended !== null);
    assert.equal(second.ended?.code, 'stream-taken');
    assert.equal(second.transmitter.joined, false);
    assert.equal(first.ended, null);
  });

  test('ends when another page takes the stream over with its key', async () => {
    const { url } = await start();
    const first = new Studio({ server: url });
    await first.until(() => first.keyFramesAcknowledged === 1);
    const second = new Studio({ server: url, publishKey: first.joins[0]?.publish_key ?? '' });
    await Promise.all([first.until(() => first.ended !== null), second.until(() => second.keyFramesAcknowledged === 1)]);
    assert.equal(first.ended?.code, 'stream-taken');
    assert.match(first.ended?.message ?? '', /another page/);
    assert.equal(first.joins.length, 1, 'the first does not fight for it');
  });

  test('hears it when the server needs a key frame', async () => {
    const { url } = await start({ segmentDuration: 1000 });
    const studio = new Studio({ server: url });
    studio.obeys = false;
    // A segment is due after a second, and no key frame comes by itself.
    await studio.until(() => studio.keyFramesNeeded > 0);
    assert.equal(studio.keyFramesAcknowledged, 1);
  });

  test('goes down to what the server takes', async () => {
    const { url } = await start({ maxBitrate: 400_000 });
    const studio = new Studio({ server: url, bitrate: 2_000_000 });
    await studio.until(() => studio.rates.length > 0 && studio.notices.length > 0);
    assert.ok((studio.rates[0] ?? 0) <= 320_000, `${studio.rates[0]} bit/s`);
    assert.equal((studio.notices[0] as GlasscastError).code, 'limit');
    await studio.until(() => studio.keyFramesAcknowledged > 1);
  });

  test('opens an epoch for another picture size, and goes on with a key frame', async () => {
    const { url } = await start();
    const studio = new Studio({ server: url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    await studio.change([videoTrack({ description: AVCC_720P }), audioTrack()]);
    assert.equal(studio.transmitter.epoch, (studio.joins[0]?.epoch ?? 0) + 1);
    await studio.until(() => studio.keyFramesAcknowledged === 2);
    assert.deepEqual(studio.notices, []);
    assert.equal(studio.drops, 0);
  });

  test('opens one epoch after the other when formats change quickly, and none is lost', async () => {
    const { url } = await start();
    const studio = new Studio({ server: url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    const first = studio.joins[0]?.epoch ?? 0;
    await Promise.all([
      studio.change([videoTrack({ description: AVCC_720P }), audioTrack()]),
      studio.change([videoTrack(), audioTrack({ channels: 1 })]),
    ]);
    assert.equal(studio.transmitter.epoch, first + 2);
    await studio.until(() => studio.keyFramesAcknowledged === 2);
    assert.deepEqual([studio.notices, studio.ended], [[], null]);
  });

  test('ends for good when the server refuses the new format', async () => {
    const { url } = await start();
    const studio = new Studio({ server: url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    await studio.change([videoTrack({ codec: 'vp09.00.10.08' })]);
    assert.equal(studio.ended?.code, 'codec-unsupported');
    assert.equal(studio.transmitter.joined, false);
  });

  test('ends the broadcast for its viewers', async () => {
    const { url } = await start();
    const studio = new Studio({ server: url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    await becomes(url, 'live');
    await studio.transmitter.end();
    assert.equal((await statusOf(url)).state, 'ended');
  });

  test('says that the server restarts, and broadcasts to the one that comes after it', async () => {
    const first = await start();
    const studio = new Studio({ server: first.url });
    await studio.until(() => studio.keyFramesAcknowledged === 1);
    await first.close(0);
    await studio.until(() => studio.drops === 1);
    assert.equal(studio.troubles[0]?.code, 'network');
    assert.match(studio.troubles[0]?.message ?? '', /restarting/);
    await start({ port: first.port });
    await studio.until(() => studio.keyFramesAcknowledged === 2);
    assert.notEqual(studio.joins[1]?.session, studio.joins[0]?.session);
    await becomes(first.url, 'live');
  });
});
