import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SizeLimiter, type SizeLimiterOptions } from '../../../src/capture/size-limiter.ts';

const HD: SizeLimiterOptions = { picture: { width: 1280, height: 720 }, frameRate: 30, bitrate: 2_000_000, rate: 2_000_000 };

/** Moves time on by seconds with the same rate each second; returns the size after them. */
class Run {
  readonly limiter: SizeLimiter;
  #now = 1_000_000;

  constructor(options: Partial<SizeLimiterOptions> = {}) {
    this.limiter = new SizeLimiter({ ...HD, ...options });
  }

  for(seconds: number, rate: number): string {
    for (let second = 0; second < seconds; second++) {
      this.#now += 1_000;
      this.limiter.update(this.#now, rate);
    }
    return `${this.limiter.size.width}x${this.limiter.size.height}`;
  }
}

describe('the size that is sent', () => {
  test('stays while the rate is enough for it', () => {
    assert.equal(new Run().for(120, 700_000), '1280x720');
  });

  test('is kept through a shortage of less than two seconds', () => {
    const run = new Run();
    run.for(2, 150_000);
    assert.equal(run.for(60, 1_000_000), '1280x720');
  });

  for (const [rate, size] of [
    [400_000, '960x540'],
    [250_000, '640x360'],
    [150_000, '426x240'],
    [30_000, '426x240'],
  ] as const) {
    test(`falls to ${size} after three seconds at ${rate / 1_000} kbit/s`, () => {
      assert.equal(new Run().for(3, rate), size);
    });
  }

  test('follows a rate that goes on falling', () => {
    const run = new Run();
    assert.equal(run.for(3, 400_000), '960x540');
    assert.equal(run.for(3, 250_000), '640x360');
  });

  test('grows again once the rate has been enough for ten seconds', () => {
    const run = new Run();
    run.for(3, 150_000);
    assert.equal(run.for(10, 2_000_000), '426x240');
    assert.equal(run.for(1, 2_000_000), '1280x720');
  });

  test('does not grow at a rate that would only just do', () => {
    const run = new Run();
    run.for(3, 400_000);
    assert.equal(run.for(120, 600_000), '960x540');
    assert.equal(run.for(12, 750_000), '1280x720');
  });

  test('waits twice as long each time that it grew in vain', () => {
    const run = new Run();
    const waits = [1, 2, 3].map(() => {
      run.for(3, 250_000);
      let seconds = 0;
      while (run.for(1, 2_000_000) !== '1280x720') seconds++;
      return seconds;
    });
    assert.deepEqual(waits, [10, 20, 40]);
  });

  test('waits ten seconds again after a size that held', () => {
    const run = new Run();
    run.for(3, 250_000);
    run.for(11, 2_000_000);
    run.for(3, 250_000);
    run.for(60, 2_000_000);
    run.for(3, 250_000);
    assert.equal(run.for(11, 2_000_000), '1280x720');
  });

  test('of an upright picture is upright, and even', () => {
    const run = new Run({ picture: { width: 1080, height: 1920 }, bitrate: 4_000_000, rate: 4_000_000 });
    assert.equal(run.for(3, 600_000), '720x1280');
    assert.equal(run.for(3, 250_000), '360x640');
    assert.equal(run.for(3, 100_000), '240x426');
  });

  test('is never above the picture itself', () => {
    const run = new Run({ picture: { width: 320, height: 180 } });
    assert.equal(run.for(5, 20_000), '320x180');
    assert.equal(run.for(60, 5_000_000), '320x180');
  });

  test('that was asked for with few bits is sent with them', () => {
    const modest = new Run({ bitrate: 300_000, rate: 300_000 });
    assert.equal(modest.for(60, 200_000), '1280x720');
    assert.notEqual(modest.for(3, 100_000), '1280x720');
  });

  test('of a picture that begins while the uplink is short suits it at once', () => {
    assert.equal(new Run({ rate: 250_000 }).for(1, 250_000), '640x360');
  });

  test('is weighed anew when the same picture is to have another rate', () => {
    const run = new Run({ bitrate: 300_000, rate: 300_000 });
    run.limiter.retarget(2_000_000, 30);
    assert.equal(run.for(3, 300_000), '640x360');
  });
});
