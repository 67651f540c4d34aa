import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LayerLimiter, type LayerSample } from '../../../src/capture/layer-limiter.ts';

const BITRATES = [200_000, 700_000, 2_000_000];
const PLENTY = 2_900_000;

/** Moves time on by seconds with the same reading each second; returns the layers after each. */
class Run {
  readonly limiter = new LayerLimiter(BITRATES);
  #now = 1_000_000;

  for(seconds: number, reading: Partial<Omit<LayerSample, 'now'>> = {}): number {
    for (let second = 0; second < seconds; second++) {
      this.#now += 1_000;
      this.limiter.update({ now: this.#now, rate: PLENTY, busy: 0, ...reading });
    }
    return this.limiter.active;
  }
}

describe('the limiter of layers', () => {
  test('encodes all of them while nothing is short', () => {
    const run = new Run();
    assert.equal(run.for(60), 3);
    assert.equal(run.limiter.limited, 'none');
  });

  test('sends all of them at lower rates where the uplink holds half', () => {
    const run = new Run();
    assert.equal(run.for(60, { rate: 1_500_000 }), 3);
    assert.equal(run.limiter.limited, 'uplink');
  });

  test('lets the best rest once the uplink has held too little for two seconds', () => {
    const run = new Run();
    assert.equal(run.for(2, { rate: 1_000_000 }), 3);
    assert.equal(run.for(1, { rate: 1_000_000 }), 2);
    assert.equal(run.for(10, { rate: 1_000_000 }), 2);
    assert.equal(run.limiter.limited, 'uplink');
  });

  test('forgets a shortage that passes', () => {
    const run = new Run();
    for (let round = 0; round < 10; round++) {
      run.for(2, { rate: 500_000 });
      run.for(1);
    }
    assert.equal(run.limiter.active, 3);
  });

  test('comes down to the smallest and never lets that one rest', () => {
    const run = new Run();
    assert.equal(run.for(60, { rate: 50_000 }), 1);
  });

  test('lets the best rest where encoders are too busy, and says that it was the processor', () => {
    const run = new Run();
    run.for(3, { busy: 0.3 });
    assert.equal(run.for(5), 2);
    assert.equal(run.limiter.limited, 'processor');
  });

  test('brings the best back after a rest', () => {
    const run = new Run();
    run.for(3, { busy: 0.3 });
    assert.equal(run.for(14), 2);
    assert.equal(run.for(2), 3);
    assert.equal(run.limiter.limited, 'none');
  });

  test('does not bring it back before the uplink holds enough for it', () => {
    const run = new Run();
    run.for(3, { rate: 1_000_000 });
    assert.equal(run.for(300, { rate: 1_500_000 }), 2);
    assert.equal(run.for(1, { rate: 1_900_000 }), 3);
  });

  test('waits twice as long after each return in vain', () => {
    const run = new Run();
    run.for(3, { busy: 0.3 });
    assert.equal(run.for(16), 3);
    run.for(3, { busy: 0.3 });
    assert.equal(run.for(29), 2);
    assert.equal(run.for(2), 3);
  });
});
