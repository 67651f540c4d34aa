/** What a session may ask of its packaging, and renditions that are made only while somebody asks for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackagedSession } from '../../server-reference/src/origin/packaged-session.ts';
import { Packager } from '../../server-reference/src/packaging/packager.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { parseManifest } from '../support/manifest.ts';
import { startOrigin } from '../support/running-origin.ts';

test('a broadcaster may ask for parts, segments and a window of its own, and others keep those of the server', async () => {
  await using origin = await startOrigin();
  const packaging = { partDuration: 100, segmentDuration: 1000, window: 8000 };
  const own = origin.broadcast({ stream: 'own', packaging });
  const other = origin.broadcast({ stream: 'other' });
  own.run(20.5, { keyframeInterval: 1 });
  other.run(5);
  const asked = await origin.playlist(own, 'v0');
  assert.equal(asked.partTarget, 0.11);
  assert.equal(asked.targetDuration, 1);
  const listed = asked.segments.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
  assert.ok(listed >= 8 && listed < 10, `${listed} s are listed`);
  const { attributes, periods } = parseManifest(await (await fetch(`${origin.url}/live/own/manifest.mpd`)).text());
  assert.equal(attributes['timeShiftBufferDepth'], 'PT8S');
  assert.equal(Number(periods[0]?.representations[0]?.availabilityTimeOffset), 0.89);
  assert.equal((await origin.playlist(other, 'v0')).partTarget, 0.22);
});

test('what is made on demand is listed as a second group before there is any of it, and asking for it is passed on', () => {
  const clock = new FakeClock();
  const nothing = (): void => undefined;
  const renditions = [
    { id: 'a0', kind: 'audio', family: 'opus', timescale: 48_000 },
    { id: 'a1', kind: 'audio', family: 'aac', timescale: 48_000, from: 'a0', onDemand: true },
  ] as const;
  const info = { id: 'abc', stream: 'demo', renditions, zero: clock.now() };
  const packager = new Packager(info, { partDuration: 0.2, segmentDuration: 2, window: 30, keyframeNeeded: nothing, changed: nothing });
  const wanted: string[] = [];
  const packaged = new PackagedSession('demo', packager, clock, (rendition) => wanted.push(rendition));
  const config = {
    kind: 'audio',
    family: 'opus',
    codec: 'opus',
    timescale: 48_000,
    channels: 2,
    preSkip: 312,
    inputSampleRate: 48_000,
    outputGain: 0,
  } as const;
  packager.epoch({ number: 1, at: 1, tracks: new Map([['a0', { config, frameDuration: 960 }]]) });
  for (let frame = 0; frame < 400; frame++) {
    packager.frame({ rendition: 'a0', dts: 48_000 + frame * 960, cts: 0, duration: 960, key: true, data: new Uint8Array(100) });
  }
  const index = packager.multivariant(false);
  assert.match(index, /GROUP-ID="audio-aac",.*URI="abc\/a1\/media\.m3u8"/);
  // What was sent scores higher, however many bits a second AAC has.
  assert.match(index, /SCORE=2\.0,CODECS="opus",AUDIO="audio"\nabc\/a0\/media\.m3u8/);
  assert.match(index, /SCORE=1\.0,CODECS="mp4a\.40\.2",AUDIO="audio-aac"\nabc\/a1\/media\.m3u8/);
  assert.doesNotMatch(packaged.manifest(null, 'timeline')?.plain.toString() ?? '', /a1/);
  for (const id of ['a0', 'a1']) {
    const rendition = packager.rendition(id);
    assert.ok(rendition !== undefined);
    packaged.asked(rendition);
  }
  assert.deepEqual(wanted, ['a1']);
});
