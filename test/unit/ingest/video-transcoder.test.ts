/** A real ffmpeg that ends before its stream. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { VideoSink } from '../../../server-reference/src/ingest/container-video.ts';
import { type MatroskaBlock, MatroskaReader } from '../../../server-reference/src/ingest/matroska-reader.ts';
import type { MatroskaTrack } from '../../../server-reference/src/ingest/matroska-tracks.ts';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';
import { Ffmpeg } from '../../../server-reference/src/transcode/ffmpeg.ts';
import { findFfmpeg } from '../../../server-reference/src/transcode/find-ffmpeg.ts';
import { FlvReader } from '../../../server-reference/src/transcode/flv-reader.ts';
import { Slots } from '../../../server-reference/src/transcode/slots.ts';
import { Transcoders } from '../../../server-reference/src/transcode/transcoders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const log = createLog({ level: 'silent' });
const events = new MatroskaReader().push(new Uint8Array(readFileSync(new URL('../../fixtures/chromium-vp8-opus.webm', import.meta.url))));
const [tracks] = events;
const track = (tracks?.type === 'tracks' ? tracks.tracks.find(({ kind }) => kind === 'video') : undefined) as MatroskaTrack;
const pictures = events.filter((event): event is MatroskaBlock => event.type === 'block' && event.track === track.number);

class Heard implements VideoSink {
  readonly said: string[] = [];
  readonly times: number[] = [];
  #waiting: (() => void)[] = [];

  configured(avcC: Uint8Array): void {
    this.#say(`configured ${avcC[0]}`);
  }
  picture(time: number): void {
    this.times.push(time);
    this.#say('picture');
  }
  lost(): void {
    this.#say('lost');
  }
  failed(reason: string): void {
    this.#say(`failed ${reason}`);
  }
  async until(what: string, count = 1): Promise<void> {
    while (this.said.filter((said) => said === what).length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  #say(what: string): void {
    this.said.push(what);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function start(clock = new FakeClock()) {
  const transcoders = new Transcoders({ ffmpeg: new Ffmpeg(findFfmpeg(null) ?? ''), slots: new Slots(2), clock, log });
  const heard = new Heard();
  const path = transcoders.start(track, heard);
  assert.ok(path !== null);
  return { transcoders, heard, path, clock };
}

test('pictures keep their times, and come without waiting for those behind them', { timeout: 20_000 }, async () => {
  const { transcoders, heard, path } = start();
  for (const { time, key, data } of pictures.slice(0, 20)) path.frame(time / 1000, key, data);
  await heard.until('picture', 20);
  assert.deepEqual(
    heard.times,
    pictures.slice(0, 20).map(({ time }) => time / 1000),
  );
  path.close();
  assert.equal(transcoders.size, 0);
});

test('a child that is killed is followed by another, from the next key frame on', { timeout: 20_000 }, async () => {
  const { transcoders, heard, path } = start();
  const [first, second] = pictures;
  assert.ok(first !== undefined && second !== undefined);
  path.frame(0, true, first.data);
  await heard.until('picture');
  const [pid] = transcoders.pids;
  process.kill(pid ?? 0, 'SIGKILL');
  await heard.until('lost');
  assert.equal(path.frame(40_000, false, second.data), false, 'what depends on lost pictures is of no use');
  assert.equal(path.frame(80_000, true, first.data), true);
  await heard.until('picture', 2);
  assert.deepEqual(heard.said, ['configured 1', 'picture', 'lost', 'configured 1', 'picture']);
  assert.notDeepEqual(transcoders.pids, [pid]);
  path.close();
});

test('a child that answers nothing for 5 s is ended; four ends within a minute are enough', { timeout: 20_000 }, () => {
  const clock = new FakeClock();
  // It reads nothing and says nothing.
  const transcoders = new Transcoders({ ffmpeg: new Ffmpeg('/bin/true'), slots: new Slots(1), clock, log });
  const heard = new Heard();
  const path = transcoders.start(track, heard);
  const [first] = pictures;
  assert.ok(path !== null && first !== undefined);
  for (let round = 0; round < 8; round++) {
    path.frame(clock.now() * 1000, true, first.data);
    clock.advance(5001);
  }
  assert.deepEqual(heard.said, ['lost', 'lost', 'lost', 'failed codec-unsupported']);
  assert.equal(transcoders.size, 0);
});

test('FLV cut anywhere reads the same', () => {
  const tag = (type: number, time: number, body: number[]): number[] => [
    ...[0, 0, 0, 0, type, 0, 0, body.length, (time >> 16) & 255, (time >> 8) & 255, time & 255, (time >> 24) & 255, 0, 0, 0],
    ...body,
  ];
  const file = [
    ...[0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9],
    ...tag(18, 0, [2, 0, 0]),
    ...tag(9, 0, [0x17, 0, 0, 0, 0, 1, 66]),
    ...tag(9, 0x01020304, [0x17, 1, 0, 0, 0, 9, 9]),
  ];
  const expected = [
    { type: 'configuration', avcC: Uint8Array.of(1, 66) },
    { type: 'picture', time: 0x01020304, key: true, data: Uint8Array.of(9, 9) },
  ];
  assert.deepEqual(new FlvReader().push(Uint8Array.from(file)), expected);
  const reader = new FlvReader();
  assert.deepEqual(
    file.flatMap((byte) => reader.push(Uint8Array.of(byte))),
    expected,
  );
});

test('a child that leaves 2 MiB unread gets no more pictures, key frames among them', () => {
  const { heard, path } = start();
  assert.equal(path.frame(0, true, new Uint8Array(2 * 1024 * 1024)), true);
  assert.equal(path.frame(40_000, true, new Uint8Array(1)), false);
  assert.deepEqual(heard.said, ['lost']);
  path.close();
});
