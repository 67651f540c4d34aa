import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioConfig, videoConfig } from '../../../src/capture/encoder-probe.ts';
import { GlasscastError } from '../../../src/protocol/errors.ts';

const FORMAT = { width: 1280, height: 720, frameRate: 30, bitrate: 2_000_000 };
const refused = (error: unknown): boolean => error instanceof GlasscastError && error.code === 'codec-unsupported';

test('the first codec that the browser encodes is taken, at a constant rate and without delay', async () => {
  const config = await videoConfig(FORMAT, 'auto', async () => true);
  assert.equal(config.codec, 'avc1.42e01f');
  assert.equal(config.bitrateMode, 'constant');
  assert.equal(config.latencyMode, 'realtime');
  assert.deepEqual(config.avc, { format: 'avc' });
});

test('a browser without Constrained Baseline and without a constant rate gets what it has', async () => {
  const config = await videoConfig(
    FORMAT,
    'auto',
    async ({ codec, bitrateMode }) => codec.startsWith('avc1.4d') && bitrateMode === 'variable',
  );
  assert.equal(config.codec, 'avc1.4d401f');
  assert.equal(config.bitrateMode, 'variable');
});

test('a codec that was insisted on is the only one tried', async () => {
  const tried = new Set<string>();
  const probing = videoConfig(FORMAT, 'avc1.640028', async ({ codec }) => {
    tried.add(codec);
    return false;
  });
  await assert.rejects(probing, refused);
  assert.deepEqual([...tried], ['avc1.640028']);
});

test('a codec string that the browser cannot read counts as one it cannot encode', async () => {
  const probing = videoConfig(FORMAT, 'avc1.zzzzzz', async () => {
    throw new TypeError('Invalid codec');
  });
  await assert.rejects(probing, refused);
});

test('a picture that no level holds is refused in words', async () => {
  await assert.rejects(
    videoConfig({ ...FORMAT, width: 7680, height: 4320 }, 'auto', async () => true),
    /7680x4320/,
  );
});

test('sound is Opus in frames of 20 ms', async () => {
  const config = await audioConfig({ sampleRate: 48_000, channels: 2 }, async () => true);
  assert.equal(config.codec, 'opus');
  assert.deepEqual(config.opus, { frameDuration: 20_000 });
  assert.equal(config.numberOfChannels, 2);
});

test('where there is no Opus, sound is AAC', async () => {
  const config = await audioConfig({ sampleRate: 44_100, channels: 1 }, async ({ codec }) => codec !== 'opus');
  assert.equal(config.codec, 'mp4a.40.2');
  assert.equal(config.opus, undefined);
});

test('a browser that encodes no sound is told so', async () => {
  await assert.rejects(
    audioConfig({ sampleRate: 48_000, channels: 1 }, async () => false),
    refused,
  );
});
