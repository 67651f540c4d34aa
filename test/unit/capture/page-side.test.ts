import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublishKeys } from '../../../src/capture/publish-keys.ts';
import { toError, toErrorData } from '../../../src/capture/publisher-events.ts';
import { TokenQuestions } from '../../../src/capture/token-questions.ts';
import { readSettings } from '../../../src/components/rtc-broadcaster/broadcaster-settings.ts';
import { GlasscastError } from '../../../src/protocol/errors.ts';

/** The part of Storage that keys use, over a map. */
function storage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  } as Storage;
}

test('a publish key outlives the page, by server and stream', () => {
  const tab = storage();
  new PublishKeys(() => tab).set('https://a.example', 'launch', 'key-a');
  const after = new PublishKeys(() => tab);
  assert.equal(after.get('https://a.example', 'launch'), 'key-a');
  assert.equal(after.get('https://b.example', 'launch'), null);
  assert.equal(after.get('https://a.example', 'other'), null);
});

test('where storing is forbidden a publish key lives as long as the page', () => {
  const keys = new PublishKeys(() => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  });
  keys.set('https://a.example', 'launch', 'key');
  assert.equal(keys.get('https://a.example', 'launch'), 'key');
  keys.delete('https://a.example', 'launch');
  assert.equal(keys.get('https://a.example', 'launch'), null);
});

test('an error keeps its code and words on the way out of a worker', () => {
  const error = toError(toErrorData(new GlasscastError('stream-taken', 'Someone else is broadcasting.', { cause: new Error('why') })));
  assert.equal(error.code, 'stream-taken');
  assert.equal(error.message, 'Someone else is broadcasting.');
  assert.match(String(error.cause), /why/);
});

test('an answer to a token question settles that question alone', async () => {
  const asked: number[] = [];
  const questions = new TokenQuestions((id) => asked.push(id));
  const first = questions.ask();
  const second = questions.ask();
  questions.answer(asked[1] ?? -1, 'second');
  questions.refuse(asked[0] ?? -1, 'no more tokens');
  assert.equal(await second, 'second');
  await assert.rejects(first, (error) => error instanceof GlasscastError && error.code === 'unauthorized');
});

const ATTRIBUTES = {
  captureWidth: 1280,
  captureHeight: 720,
  frameRate: 30,
  bitrate: 2_000_000,
  keyframeInterval: 2,
  codec: 'auto',
  transport: 'auto',
  overlay: null,
  noAudio: false,
  layers: 1,
  noEchoCancellation: false,
  noNoiseSuppression: true,
  noAutoGain: false,
  record: false,
  streamTitle: '',
  streamDescription: '',
};

test('attributes that make sense warn of nothing', () => {
  const warnings: string[] = [];
  const { capture, encoding } = readSettings({ ...ATTRIBUTES, codec: 'avc1.64001f', transport: 'channel' }, (text) => warnings.push(text));
  assert.deepEqual(warnings, []);
  assert.deepEqual(capture, {
    width: 1280,
    height: 720,
    frameRate: 30,
    audio: true,
    echoCancellation: true,
    noiseSuppression: false,
    autoGainControl: true,
  });
  assert.equal(encoding.codec, 'avc1.64001f');
});

test('what the server is to draw is asked of it alone, and takes one size', () => {
  const { encoding, uplink } = readSettings({ ...ATTRIBUTES, layers: 3, overlay: 'server:faces watermark' }, () => assert.fail('warned'));
  assert.equal(uplink.overlay, 'server:faces');
  assert.equal(encoding.layers, 1);
  const warnings: string[] = [];
  const other = readSettings({ ...ATTRIBUTES, layers: 3, overlay: 'server:hats watermark' }, (text) => warnings.push(text));
  assert.deepEqual([other.uplink.overlay, other.encoding.layers, warnings.length], [undefined, 3, 1]);
});

const nonsense: [name: keyof typeof ATTRIBUTES, value: number | string][] = [
  ['captureWidth', Number.NaN],
  ['captureHeight', 0],
  ['frameRate', 1_000],
  ['bitrate', -1],
  ['keyframeInterval', Number.POSITIVE_INFINITY],
  ['codec', 'vp9'],
  ['transport', 'pigeon'],
];
for (const [name, value] of nonsense) {
  test(`${name}=${value} warns once and falls back`, () => {
    const warnings: string[] = [];
    const settings = readSettings({ ...ATTRIBUTES, [name]: value }, (text) => warnings.push(text));
    assert.equal(new Set(warnings).size, 1);
    assert.deepEqual(
      settings,
      readSettings(ATTRIBUTES, () => assert.fail('warned')),
    );
  });
}
