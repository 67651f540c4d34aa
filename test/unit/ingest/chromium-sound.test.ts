/** Chromium's recorder gives sound times that are off by a known amount, another one in each container. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ContainerEvent } from '../../../server-reference/src/ingest/container-reader.ts';
import { Fmp4Reader } from '../../../server-reference/src/ingest/fmp4-reader.ts';
import { SoundInStep, type SoundSource } from '../../../server-reference/src/ingest/sound-in-step.ts';

/** SILK, 60 ms in one frame. */
const PACKET = Uint8Array.of(0x18, 1, 2, 3);

function firstTime(source: Omit<SoundSource, 'codec'>): number | undefined {
  const times: number[] = [];
  const sound = new SoundInStep((time) => times.push(time));
  sound.begin();
  sound.push({ ...source, codec: 'A_OPUS' }, 1_000_000, PACKET);
  return times[0];
}

async function writerOf(name: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<readonly ContainerEvent[]>();
  new Fmp4Reader((step) => resolve(step())).push(new Uint8Array(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url))));
  return (await promise).find((event) => event.type === 'tracks')?.writer;
}

test('in Matroska it stands as much too late as a packet without its last block lasts', () => {
  assert.equal(firstTime({ writer: 'Chrome', format: 'matroska' }), 950_000);
});

test('in MP4 it stands a packet too early', () => {
  assert.equal(firstTime({ writer: 'Chrome', format: 'mp4' }), 1_060_000);
});

test('of others it stands where they say', () => {
  assert.equal(firstTime({ writer: 'Lavf61.7.100', format: 'matroska' }), 1_000_000);
  assert.equal(firstTime({ writer: '', format: 'mp4' }), 1_000_000);
});

test("Chromium's MP4 is told from ffmpeg's", async () => {
  assert.equal(await writerOf('chromium-avc3-opus.mp4'), 'Chrome');
  assert.equal(await writerOf('ffmpeg-avc1-opus.mp4'), '');
});
