import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LevelMeter, OwnLevel, type VoiceSender } from '../../../src/webrtc/own-level.ts';
import type { StatsEntry } from '../../../src/webrtc/stats-report.ts';
import chromium from './reports/chromium.json' with { type: 'json' };
import firefox from './reports/firefox.json' with { type: 'json' };

const track = { kind: 'audio' } as MediaStreamTrack;

/** Answers with one report after the other, then with the last. */
const sends = (...reports: readonly StatsEntry[][]): VoiceSender => {
  let next = 0;
  return {
    getStats: async () => {
      const entries = reports[Math.min(next++, reports.length - 1)] ?? [];
      return new Map(entries.map((entry) => [entry.id, entry]));
    },
  };
};

const noMeter = (): LevelMeter | null => assert.fail('no meter is needed');

const source = (totalAudioEnergy: number, totalSamplesDuration: number): StatsEntry[] => [
  { id: 'source', type: 'media-source', kind: 'audio', timestamp: 0, audioLevel: 0, totalAudioEnergy, totalSamplesDuration },
];

describe('one’s own level', () => {
  test('is that of the whole time between two readings, not of the moment', async () => {
    const level = new OwnLevel(noMeter);
    const sender = sends(source(1, 10), source(1.02, 10.4));
    await level.read(track, sender);
    assert.equal(level.level, 0);
    await level.read(track, sender);
    assert.ok(Math.abs(level.level - Math.sqrt(0.05) / 3) < 0.001, String(level.level));
  });

  test('is read from reports of Chromium', async () => {
    const level = new OwnLevel(noMeter);
    const sender = sends(chromium.first, chromium.second);
    await level.read(track, sender);
    await level.read(track, sender);
    assert.ok(level.level > 0.02, String(level.level));
  });

  test('is the level of the moment where energy is not counted', async () => {
    const level = new OwnLevel(noMeter);
    await level.read(track, sends([{ id: 'source', type: 'media-source', kind: 'audio', timestamp: 0, audioLevel: 0.6 }]));
    assert.ok(Math.abs(level.level - 0.2) < 0.001);
  });

  test('is measured from the track where statistics do not tell, as in Firefox, and by one meter', async () => {
    let opened = 0;
    let closed = 0;
    const level = new OwnLevel(() => {
      opened++;
      return { read: () => 0.25, close: () => closed++ };
    });
    const sender = sends(firefox.first, firefox.second);
    for (let i = 0; i < 3; i++) await level.read(track, sender);
    assert.equal(opened, 0);
    for (let i = 0; i < 5; i++) await level.read(track, sender);
    assert.equal(level.level, 0.25);
    assert.equal(opened, 1);
    await level.read({ kind: 'audio' } as MediaStreamTrack, sender);
    assert.deepEqual([opened, closed], [2, 1]);
    level.rest();
    assert.deepEqual([level.level, closed], [0, 2]);
  });

  test('is nothing where sound cannot be listened to', async () => {
    const level = new OwnLevel(() => null);
    for (let i = 0; i < 6; i++) await level.read(track, sends(firefox.first));
    assert.equal(level.level, 0);
  });

  test('waits for the answer before it asks again', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const slow: VoiceSender = {
      getStats: () => {
        asked++;
        return new Promise((resolve) => {
          answer = () => resolve(new Map());
        });
      },
    };
    const level = new OwnLevel(noMeter);
    const first = level.read(track, slow);
    await level.read(track, slow);
    assert.equal(asked, 1);
    answer();
    await first;
    void level.read(track, slow);
    assert.equal(asked, 2);
  });

  test('outlives a link that closes while it is read', async () => {
    const level = new OwnLevel(noMeter);
    await level.read(track, { getStats: () => Promise.reject(new DOMException('closed', 'InvalidStateError')) });
    assert.equal(level.level, 0);
  });
});
