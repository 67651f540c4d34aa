import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureClock } from '../../../src/capture/capture-clock.ts';
import { type ClockReport, ClockReporter } from '../../../src/capture/clock-reporter.ts';
import { ClockOffset } from '../../../src/signaling/clock-offset.ts';
import { FakeTime } from '../../support/fake-time.ts';

const START = 1_700_000_000_000;

test('of several round trips the shortest tells the offset', () => {
  const clock = new ClockOffset();
  assert.equal(clock.value, null);
  clock.add(0, 200, 1_180);
  clock.add(1_000, 1_010, 2_005);
  clock.add(2_000, 2_090, 3_080);
  assert.equal(clock.value, 1_000);
});

test('a clock that stepped back during a round trip is not believed', () => {
  const clock = new ClockOffset();
  clock.add(1_000, 900, 5_000);
  assert.equal(clock.value, null);
});

/** A reporter under a fake clock; the server is 250 ms ahead and answers within 10 ms. */
function rig() {
  const time = new FakeTime(START);
  const video = new CaptureClock();
  const reports: ClockReport[] = [];
  const errors: unknown[] = [];
  let answers = true;
  const reporter = new ClockReporter({
    now: time.now,
    timers: time,
    tracks: () => [{ track: 0, clock: video, timestamp: (time.now() - START) * 1_000 }],
    time: () =>
      new Promise((resolve, reject) => {
        if (answers) time.setTimeout(() => resolve(time.now() - 5 + 250), 10);
        else reject(new Error('no answer'));
      }),
    report: (report) => reports.push(report),
    log: (error) => errors.push(error),
  });
  const silence = (): void => {
    answers = false;
  };
  return { time, video, reporter, reports, errors, advance: (ms: number) => time.advance(ms), silence };
}

test('the first report waits until the offset is known', async () => {
  const { video, reporter, reports, advance } = rig();
  video.observe(0, START + 30);
  reporter.start();
  assert.equal(reports.length, 0);
  await advance(60);
  assert.deepEqual(reports, [{ track: 0, dts: 50_000, wall_ms: START + 80, offset_ms: 250 }]);
});

test('a better estimate within the first 1.5 s is reported, the same one is not', async () => {
  const { time, video, reporter, reports, advance } = rig();
  video.observe(0, START + 30);
  reporter.start();
  await advance(300);
  const before = reports.length;
  await advance(400);
  assert.equal(reports.length, before);
  video.observe((time.now() - START) * 1_000, time.now() + 4);
  await advance(300);
  assert.equal(reports.length, before + 1);
  const last = reports.at(-1);
  assert.ok(last !== undefined);
  assert.equal(last.wall_ms - last.dts / 1_000, START + 4);
});

test('afterwards each track is reported every ten seconds, changed or not', async () => {
  const { video, reporter, reports, advance } = rig();
  video.observe(0, START + 30);
  reporter.start();
  await advance(3_000);
  const before = reports.length;
  await advance(30_000);
  assert.equal(reports.length, before + 3);
});

test('a server that does not tell its time gets reports without an offset', async () => {
  const { video, reporter, reports, errors, advance, silence } = rig();
  silence();
  video.observe(0, START + 30);
  reporter.start();
  await advance(12_000);
  assert.ok(errors.length > 0);
  assert.ok(reports.length >= 2);
  assert.ok(reports.every((report) => report.offset_ms === undefined));
});

test('after a stop nothing is reported any more', async () => {
  const { time, video, reporter, reports, advance } = rig();
  video.observe(0, START + 30);
  reporter.start();
  reporter.stop();
  const before = reports.length;
  await advance(25_000);
  assert.equal(reports.length, before);
  assert.equal(time.waiting, 0);
});
