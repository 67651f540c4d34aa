import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAvcC, readAccessUnit } from '../../../server-reference/src/ingest/h264.ts';
import { withParameterSets } from '../../../src/capture/in-band-sets.ts';
import { AVCC_360P, AVCC_720P } from '../../support/simulated-broadcast.ts';

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const SLICE = Uint8Array.of(0, 0, 0, 3, 0x65, 0x88, 0x80);

test('a key frame brings the sets of its avcC, and stays a key frame', () => {
  const avcc = bytes(AVCC_720P);
  const { key, sets } = readAccessUnit(withParameterSets(SLICE, avcc), 4);
  const { sps, pps } = parseAvcC(avcc);
  assert.equal(key, true);
  assert.deepEqual([sets?.sps, sets?.pps], [sps, pps]);
});

test('a key frame with sets of its own keeps them', () => {
  const own = withParameterSets(SLICE, bytes(AVCC_360P));
  assert.equal(withParameterSets(own, bytes(AVCC_720P)), own);
});

test('sets whose headers an avcC has twice, as Firefox writes it, are put right', () => {
  const doubled = Uint8Array.from(Buffer.from('0142c01e03010017676742c01ed900a03da10000030001001e84800f162e480100056868cb8cb2', 'hex'));
  const { sets } = readAccessUnit(withParameterSets(SLICE, doubled), 4);
  assert.equal(Buffer.from(sets?.sps[0] ?? []).toString('hex'), '6742c01ed900a03da10000030001001e84800f162e48');
  assert.equal(Buffer.from(sets?.pps[0] ?? []).toString('hex'), '68cb8cb2');
});
