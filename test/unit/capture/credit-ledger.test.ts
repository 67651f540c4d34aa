import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreditLedger } from '../../../src/capture/credit-ledger.ts';

test('before the first reply no more than the join granted may be sent', () => {
  const ledger = new CreditLedger();
  ledger.open(50_000);
  ledger.sent(30_000, 0);
  assert.equal(ledger.available, 20_000);
  ledger.sent(25_000, 1);
  assert.equal(ledger.available, 0);
});

test('before any join nothing may be sent', () => {
  assert.equal(new CreditLedger().available, 0);
});

test('what is left is the credit less what was received less what is on its way', () => {
  const ledger = new CreditLedger();
  ledger.open(100_000);
  const first = ledger.sent(10_000, 0);
  ledger.sent(5_000, 10);
  ledger.acknowledge(first, { credit: 110_000, received: 10_000 }, 20);
  assert.equal(ledger.available, 95_000);
  assert.equal(ledger.outstanding, 5_000);
});

test('after a reload the bytes that the server counted before do not use up the credit', () => {
  const ledger = new CreditLedger();
  ledger.open(9_000_000);
  const first = ledger.sent(40_000, 0);
  ledger.acknowledge(first, { credit: 9_100_000, received: 9_000_000 }, 5);
  assert.equal(ledger.available, 100_000);
});

test('credits that stop stop the sender', () => {
  const ledger = new CreditLedger();
  ledger.open(20_000);
  const id = ledger.sent(20_000, 0);
  ledger.acknowledge(id, { credit: 20_000, received: 20_000 }, 5);
  assert.equal(ledger.available, 0);
});

test('the oldest push on its way tells the delay', () => {
  const ledger = new CreditLedger();
  ledger.open(100_000);
  const first = ledger.sent(1_000, 100);
  ledger.sent(1_000, 150);
  assert.equal(ledger.oldestAge(400), 300);
  assert.equal(ledger.acknowledge(first, { credit: 100_000, received: 1_000 }, 410), 310);
  assert.equal(ledger.oldestAge(400), 250);
});

test('a reply of an earlier connection changes nothing', () => {
  const ledger = new CreditLedger();
  ledger.open(100_000);
  const old = ledger.sent(1_000, 0);
  ledger.open(60_000);
  assert.equal(ledger.acknowledge(old, { credit: 5, received: 5 }, 1), null);
  assert.equal(ledger.available, 60_000);
  assert.equal(ledger.outstanding, 0);
});

test('a push that was refused is no longer on its way', () => {
  const ledger = new CreditLedger();
  ledger.open(100_000);
  ledger.forget(ledger.sent(1_000, 0));
  assert.equal(ledger.outstanding, 0);
  assert.equal(ledger.oldestAge(50), 0);
});
