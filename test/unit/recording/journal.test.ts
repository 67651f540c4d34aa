import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeEntry, type JournalEntry, JournalReader } from '../../../server-reference/src/recording/journal.ts';

const header = {
  version: 1 as const,
  stream: 'demo',
  session: 'abc123',
  zero: 1_700_000_000_000,
  startedAt: 1_700_000_000_500,
  targetDuration: 2,
  title: 'Ein Tag am Meer',
  renditions: [
    { id: 'v0', kind: 'video' as const, timescale: 90_000 },
    { id: 'a0', kind: 'audio' as const, timescale: 48_000 },
  ],
};

const part = (msn: number): JournalEntry => ({
  kind: 'part',
  part: {
    ...{ rendition: 1, msn, epoch: 3, discontinuity: msn === 2, independent: true, gap: msn === 3 },
    // Beyond what 32 bits hold: eleven hours at 90 kHz, and five gigabytes.
    ...{ start: 4_000_000_000 + msn, duration: 18_000, offset: 5_000_000_000, length: 51_234, crc: 0xfedcba98 },
  },
});

const ENTRIES: readonly JournalEntry[] = [
  { kind: 'session', header },
  { kind: 'init', init: { rendition: 'v0', epoch: 3, codec: 'avc1.42c01e', width: 640, height: 360, frameDuration: 3000, data: 'AAEC' } },
  part(1),
  part(2),
  part(3),
  { kind: 'segment', rendition: 1, msn: 3 },
  { kind: 'end', end: { at: 1_700_000_009_000, reason: 'ended' } },
];

function read(chunks: readonly Buffer[]) {
  const entries: JournalEntry[] = [];
  const reader = new JournalReader((entry) => entries.push(entry));
  for (const chunk of chunks) reader.push(chunk);
  return { entries, whole: reader.whole, torn: reader.torn };
}

const encoded = ENTRIES.map(encodeEntry);
const journal = Buffer.concat(encoded);
/** Where each record ends. */
const ends = encoded.map((_, index) => encoded.slice(0, index + 1).reduce((sum, { byteLength }) => sum + byteLength, 0));
const wholeUpTo = (length: number): number => ends.filter((end) => end <= length).length;

describe('a journal', () => {
  test('is read as it was written, whatever the pieces it comes in', () => {
    assert.deepEqual(read([journal]), { entries: ENTRIES, whole: journal.byteLength, torn: false });
    const bytes = [...journal].map((byte) => Buffer.of(byte));
    assert.deepEqual(read(bytes), { entries: ENTRIES, whole: journal.byteLength, torn: false });
  });

  test('cut anywhere holds the records before the cut', () => {
    for (let length = 0; length <= journal.byteLength; length++) {
      const { entries, whole } = read([journal.subarray(0, length)]);
      const expected = wholeUpTo(length);
      assert.deepEqual(entries, ENTRIES.slice(0, expected), `cut at ${length}`);
      assert.equal(whole, ends[expected - 1] ?? 0);
    }
  });

  test('with any one byte changed holds the records before it, and none behind it', () => {
    for (let at = 0; at < journal.byteLength; at++) {
      const damaged = Buffer.from(journal);
      damaged.writeUInt8((damaged[at] ?? 0) ^ 0x40, at);
      assert.deepEqual(read([damaged]).entries, ENTRIES.slice(0, wholeUpTo(at)), `changed at ${at}`);
    }
  });

  test('that goes on with zeros, as a file system may leave it, ends before them', () => {
    const { entries, whole, torn } = read([journal, Buffer.alloc(4096)]);
    assert.deepEqual([entries.length, whole, torn], [ENTRIES.length, journal.byteLength, true]);
  });

  test('of a version to come is not read', () => {
    const newer = { kind: 'session', header: { ...header, version: 2 } } as unknown as JournalEntry;
    assert.deepEqual(read([encodeEntry(newer), encodeEntry(part(1))]).entries, []);
  });
});
