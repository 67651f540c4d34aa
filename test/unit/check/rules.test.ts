import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CheckLog } from '../../../server-reference/src/check/log.ts';
import { judge } from '../../../server-reference/src/check/report.ts';
import { RULES } from '../../../server-reference/src/check/rules/table.ts';
import type { Verdict } from '../../../server-reference/src/check/verdict.ts';
import { BREAKS } from './broken-recordings.ts';
import { goodRecording, logOf, START } from './recorded-log.ts';

const NUMBERS = [...Array.from({ length: 32 }, (_, index) => String(index + 1)), '13b'];

const verdicts = (log: CheckLog): ReadonlyMap<string, Verdict> => new Map(judge(log).rules.map(({ rule, verdict }) => [rule.id, verdict]));

test('every number has a rule, once', () => {
  assert.deepEqual(RULES.map(({ id }) => id).sort(), NUMBERS.sort());
});

test('every rule is shown being broken', () => {
  const shown = new Set(BREAKS.map(({ rule }) => rule));
  assert.deepEqual(
    RULES.map(({ id }) => id).filter((id) => !shown.has(id)),
    [],
  );
});

describe('an origin without a fault', () => {
  const found = verdicts(logOf(goodRecording()));
  for (const { id, title } of RULES) {
    test(`keeps rule ${id}: ${title}`, () => {
      assert.equal(found.get(id)?.kind, 'kept', JSON.stringify(found.get(id)));
    });
  }
});

for (const { rule, says, authority, change, also = [] } of BREAKS) {
  test(`rule ${rule} is broken by ${says} (${authority})`, () => {
    const recording = goodRecording();
    change(recording);
    const found = verdicts(logOf(recording));
    const verdict = found.get(rule);
    assert.ok(verdict?.kind === 'broken', JSON.stringify(verdict));
    assert.ok(
      verdict.breaches.some((breach) => breach.authority === authority),
      JSON.stringify(verdict.breaches),
    );
    const others = [...found].flatMap(([id, { kind }]) => (kind === 'broken' && id !== rule ? [id] : []));
    assert.deepEqual(others.sort(), [...also].sort());
  });
}

test('a log without anything sees no rule and keeps none', () => {
  const empty: CheckLog = { startedAt: 0, endedAt: 0, hls: null, dash: null, stalls: [], token: null };
  for (const [id, verdict] of verdicts(empty)) assert.equal(verdict.kind, 'unseen', id);
});

test('only what a standard demands makes an origin fail', () => {
  const recording = goodRecording();
  recording.index = recording.index.replace('RATE=30.000', 'RATE=25.000');
  assert.equal(judge(logOf(recording)).conformant, true);
  recording.index = recording.index.replace('BANDWIDTH=250000,', '');
  assert.equal(judge(logOf(recording)).conformant, false);
});

test('a part that came late while the check itself was held up is not late', () => {
  const recording = goodRecording();
  BREAKS.find(({ says }) => says === 'a part that comes late')?.change(recording);
  const late = logOf(recording);
  assert.equal(verdicts(late).get('19')?.kind, 'broken');
  const stalls = [{ from: START + 450, to: START + 850 }];
  assert.equal(verdicts({ ...late, stalls }).get('19')?.kind, 'kept');
});
