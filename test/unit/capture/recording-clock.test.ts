import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClockReport } from '../../../src/capture/clock-reporter.ts';
import { RecordingClock } from '../../../src/capture/recorder/recording-clock.ts';
import { FakeTime } from '../../support/fake-time.ts';

const START = 1_700_000_000_000;

function rig() {
  const time = new FakeTime(START);
  const reports: ClockReport[] = [];
  const clock = new RecordingClock({
    now: time.now,
    timers: time,
    time: () => Promise.resolve(time.now() + 250),
    report: (report) => reports.push(report),
    log: (error) => assert.fail(String(error)),
  });
  return { time, clock, reports };
}

test('a recording counts from when it was started', async () => {
  const { time, clock, reports } = rig();
  clock.begin(START - 40);
  await time.advance(20);
  assert.deepEqual(reports, [{ track: 0, dts: 0, wall_ms: START - 40, offset_ms: 250 }]);
});

test('what was said before the server had read the recording is said again once it has', async () => {
  const { time, clock, reports } = rig();
  clock.begin(START);
  await time.advance(20);
  clock.acknowledged(0);
  clock.acknowledged(1);
  clock.acknowledged(1);
  assert.equal(clock.epoch, 1);
  assert.deepEqual(
    reports.map(({ wall_ms }) => wall_ms),
    [START, START],
  );
});

test('another recording is told by its own start, and nothing of one that is over', async () => {
  const { time, clock, reports } = rig();
  clock.begin(START);
  await time.advance(20);
  clock.stop();
  await time.advance(30_000);
  assert.equal(reports.length, 1);
  clock.begin(START + 30_000);
  await time.advance(20);
  clock.acknowledged(2);
  assert.deepEqual(
    reports.map(({ wall_ms }) => wall_ms),
    [START, START + 30_000, START + 30_000],
  );
});
