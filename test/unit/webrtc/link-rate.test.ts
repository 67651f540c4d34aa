import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LinkReading } from '../../../src/webrtc/link-quality.ts';
import { LinkRate } from '../../../src/webrtc/link-rate.ts';
import { sentLoss, WELL } from '../../support/link-readings.ts';

const SHARE = 1_200_000;

/** A link that is read every two seconds. */
class Link {
  readonly rate = new LinkRate(SHARE);
  #now = 0;

  reads(reading: LinkReading, times = 1): number {
    for (let i = 0; i < times; i++) {
      this.#now += 2000;
      this.rate.update(reading, this.#now);
    }
    return this.rate.rate;
  }
}

describe('the rate of a link', () => {
  test('is the whole share from the start, and stays so on a clean path', () => {
    const link = new Link();
    assert.equal(link.rate.rate, SHARE);
    assert.equal(link.reads(WELL, 100), SHARE);
  });

  test('is lowered at once by loss, and halved by much loss', () => {
    assert.equal(new Link().reads(sentLoss(0.07)), SHARE * 0.75);
    assert.equal(new Link().reads(sentLoss(0.3)), SHARE * 0.5);
  });

  test('is not lowered by the loss of a few packets', () => {
    assert.equal(new Link().reads(sentLoss(0.04), 20), SHARE);
  });

  test('keeps a third where sending less does not help: the loss of a radio link is not congestion', () => {
    assert.ok(Math.abs(new Link().reads(sentLoss(0.07), 50) - SHARE / 3) < SHARE * 0.01);
    assert.equal(new Link().reads(sentLoss(0.3), 50), 100_000);
  });

  test('recovers slowly once the path has been clean for 6 s', () => {
    const link = new Link();
    const low = link.reads(sentLoss(0.3));
    assert.equal(link.reads(WELL, 3), low);
    const next = link.reads(WELL);
    assert.ok(next > low && next < low * 1.25, `${low} → ${next}`);
    assert.equal(link.reads(WELL, 20), SHARE);
  });

  test('waits longer with each rise that did not hold', () => {
    const link = new Link();
    const waits = [1, 2, 3].map(() => {
      const low = link.reads(sentLoss(0.2));
      let readings = 0;
      while (link.reads(WELL) === low) readings++;
      return readings;
    });
    assert.deepEqual(waits, [3, 6, 12]);
  });

  test('is lowered when packets wait on the way, not by one late report', () => {
    const link = new Link();
    link.reads(WELL, 3);
    const late = { ...WELL, roundTrip: 400 };
    assert.equal(link.reads(late), SHARE);
    assert.equal(link.reads(WELL), SHARE);
    assert.equal(link.reads(late, 2), SHARE * 0.75);
  });

  test('is not lowered on a path that is long by nature', () => {
    assert.equal(new Link().reads({ ...WELL, roundTrip: 350 }, 50), SHARE);
  });

  test('takes a longer path for normal in time', () => {
    const link = new Link();
    link.reads(WELL, 3);
    const low = link.reads({ ...WELL, roundTrip: 230 }, 100);
    assert.ok(link.reads({ ...WELL, roundTrip: 230 }, 100) >= low);
  });

  test('follows the browser’s estimate down when that is what limits the camera, and up again without delay', () => {
    const link = new Link();
    const scarce = (availableOutgoing: number): LinkReading => ({ ...WELL, limitation: 'bandwidth', availableOutgoing });
    assert.equal(link.reads(scarce(400_000), 3), 600_000);
    assert.equal(link.rate.isConstrained, true);
    assert.equal(link.reads(scarce(300_000)), 450_000);
    assert.equal(link.reads(scarce(500_000)), 750_000);
    assert.equal(link.reads(scarce(900_000)), SHARE);
    assert.equal(link.rate.isConstrained, false);
  });

  test('is left alone while the estimate grows at the beginning', () => {
    const link = new Link();
    for (const availableOutgoing of [300_000, 700_000, 1_500_000, 3_000_000]) {
      link.reads({ ...WELL, limitation: availableOutgoing < SHARE ? 'bandwidth' : 'none', availableOutgoing });
    }
    assert.equal(link.rate.rate, SHARE);
  });

  test('is left alone by an estimate that nothing needs: the camera may be off', () => {
    assert.equal(new Link().reads({ ...WELL, availableOutgoing: 300_000 }, 20), SHARE);
  });

  test('follows its share when somebody leaves or comes', () => {
    const link = new Link();
    link.rate.setShare(SHARE / 2);
    assert.equal(link.rate.rate, SHARE / 2);
    link.rate.setShare(SHARE);
    assert.equal(link.rate.rate, SHARE);
  });

  test('is not raised by a greater share when the path did not hold the smaller one', () => {
    const link = new Link();
    const low = link.reads(sentLoss(0.3), 2);
    link.rate.setShare(SHARE * 2);
    assert.equal(link.rate.rate, low);
    assert.equal(link.rate.isConstrained, true);
  });
});
