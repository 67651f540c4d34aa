import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProcessorRelief } from '../../../src/webrtc/processor-relief.ts';

class Device {
  readonly relief = new ProcessorRelief();
  #now = 0;

  is(busy: boolean, seconds: number): number {
    for (let i = 0; i < seconds; i++) {
      this.#now += 1000;
      this.relief.update(busy, this.#now);
    }
    return this.relief.steps;
  }
}

describe('relief for the processor', () => {
  test('is not given for a short peak', () => {
    const device = new Device();
    for (let i = 0; i < 20; i++) assert.equal(device.is(true, 4) + device.is(false, 2), 0);
  });

  test('comes in steps while the trouble lasts, and ends at three', () => {
    const device = new Device();
    assert.equal(device.is(true, 6), 1);
    assert.equal(device.is(true, 8), 1);
    assert.equal(device.is(true, 5), 2);
    assert.equal(device.is(true, 200), 3);
  });

  test('is taken back after half a minute without trouble', () => {
    const device = new Device();
    device.is(true, 6);
    assert.equal(device.is(false, 29), 1);
    assert.equal(device.is(false, 2), 0);
  });

  test('is taken back later when taking it back brought the trouble back', () => {
    const device = new Device();
    device.is(true, 6);
    device.is(false, 31);
    assert.equal(device.is(true, 11), 1);
    assert.equal(device.is(false, 50), 1);
    assert.equal(device.is(false, 12), 0);
  });
});
