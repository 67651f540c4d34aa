/** Fragmented MP4 from ffmpeg, with B-frames: what is read of it, and what is not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ContainerBlock, ContainerEvent } from '../../../server-reference/src/ingest/container-reader.ts';
import { FragmentReader } from '../../../server-reference/src/ingest/fmp4-fragment.ts';
import { beginsMovie, Fmp4Reader } from '../../../server-reference/src/ingest/fmp4-reader.ts';
import { BitstreamError, readAccessUnit } from '../../../server-reference/src/ingest/h264.ts';
import { SeededRandom } from '../../fuzz/seeded-random.ts';

const MP4 = new Uint8Array(readFileSync(new URL('../../fixtures/ffmpeg-avc1-opus.mp4', import.meta.url)));

interface Read {
  readonly events: ContainerEvent[];
  readonly error: unknown;
}

/** Reads pieces as they would come, and waits for what is read in passing. */
async function read(pieces: readonly Uint8Array[]): Promise<Read> {
  const events: ContainerEvent[] = [];
  let error: unknown = null;
  const { promise, resolve } = Promise.withResolvers<void>();
  const guarded = (step: () => readonly ContainerEvent[]): void => {
    try {
      if (error === null) events.push(...step());
    } catch (cause) {
      error = cause;
    }
  };
  const reader = new Fmp4Reader((step) => {
    guarded(step);
    if (!reader.opening || error !== null) resolve();
  });
  for (const piece of pieces) guarded(() => reader.push(piece));
  if (error === null && reader.opening) await promise;
  return { events, error };
}

const blocksOf = ({ events }: Read, track: number): ContainerBlock[] =>
  events.filter((event): event is ContainerBlock => event.type === 'block' && event.track === track);

/** A box by hand. */
const box = (type: string, ...content: readonly number[]): number[] => {
  const size = 8 + content.length;
  return [0, 0, size >> 8, size & 255, ...Buffer.from(type), ...content];
};
const u32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

test('tracks, times, order and key frames are those of the recording', async () => {
  const whole = await read([MP4]);
  const [tracks] = whole.events;
  assert.equal(tracks?.type, 'tracks');
  assert.deepEqual(
    tracks.tracks.map(({ number, kind, codec }) => ({ number, kind, codec })),
    [
      { number: 1, kind: 'video', codec: 'V_MPEG4/ISO/AVC' },
      { number: 2, kind: 'audio', codec: 'A_OPUS' },
    ],
  );
  const pictures = blocksOf(whole, 1);
  assert.equal(pictures.length, 45);
  assert.deepEqual(
    pictures.flatMap(({ key }, index) => (key ? [index] : [])),
    [0, 15, 30],
  );
  for (const { key, data } of pictures) assert.equal(readAccessUnit(data, 4).key, key);
  assert.ok(
    pictures.some(({ time, decode }) => time > (decode ?? time)),
    'some are shown later than decoded',
  );
  const decodes = pictures.map(({ decode = 0 }) => decode);
  assert.deepEqual(
    decodes,
    [...new Set(decodes)].sort((a, b) => a - b),
  );
});

test('sound stands among the pictures of its time, although its fragment has it behind them', async () => {
  const { events } = await read([MP4]);
  const times = events.flatMap((event) => (event.type === 'block' ? [event.decode ?? event.time] : []));
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
});

test('a recording cut anywhere reads the same', async () => {
  const whole = await read([MP4]);
  const random = new SeededRandom(3);
  for (const longest of [1, 9, 500, 20_000]) {
    const pieces: Uint8Array[] = [];
    for (let offset = 0; offset < MP4.byteLength; ) {
      const end = offset + 1 + random.below(longest);
      pieces.push(MP4.subarray(offset, end));
      offset = end;
    }
    assert.deepEqual(await read(pieces), whole);
  }
});

for (const [what, bytes, words] of [
  ['something else', [...box('RIFF', 1, 2, 3, 4)], /no MP4/],
  ['a fragment without a movie', [...box('ftyp', 1), ...box('moof')], /before its movie header/],
  ['a movie without fragments', [...box('ftyp', 1), ...box('moov', ...box('mvhd', ...new Array<number>(100).fill(1)))], /not fragmented/],
  ['a movie of 2 MiB', [...box('ftyp', 1), ...u32(2 << 20), ...Buffer.from('moov')], /moov of the container has 2097144 bytes/],
  ['padding of 4 GiB', [...box('ftyp', 1), ...u32(0xffffffff), ...Buffer.from('free')], /free of the container/],
  ['a box shorter than its header', [...u32(4), ...Buffer.from('ftyp')], /shorter than its header/],
] as const) {
  test(`${what} is refused in words`, async () => {
    const { error } = await read([Uint8Array.from(bytes)]);
    assert.ok(error instanceof BitstreamError, String(error));
    assert.match(error.message, words);
  });
}

/** A fragment of one run; `run` is what stands in it behind its flags. */
function fragment(time: number, flags: number, run: readonly number[]): DataView {
  const bytes = box(
    'traf',
    ...box('tfhd', 0, 0x02, 0, 0, ...u32(1)),
    ...box('tfdt', 0, 0, 0, 0, ...u32(time)),
    ...box('trun', 0, (flags >> 16) & 255, (flags >> 8) & 255, flags & 255, ...run),
  );
  return new DataView(Uint8Array.from(bytes).buffer);
}

const newReader = (): FragmentReader =>
  new FragmentReader(new Map([[1, { id: 1, timescale: 90_000, shift: 0, duration: 3000, size: 10, flags: 0 }]]));

test('times of 32 bits that begin anew at 2^32 go on', () => {
  const reader = newReader();
  const samples = [2 ** 32 - 3000, 0, 3000].map((time) => reader.read(fragment(time, 0, u32(1)), 0, 0)[0]?.decode);
  assert.deepEqual(samples, [2 ** 32 - 3000, 2 ** 32, 2 ** 32 + 3000]);
});

test('a run of more samples than a fragment can have is refused before any of them is made', () => {
  assert.throws(() => newReader().read(fragment(0, 0, u32(0xffffffff)), 0, 0), /more than 20000 samples/);
});

test('a run that ends within a field is refused in words', () => {
  assert.throws(() => newReader().read(fragment(0, 0x200, u32(2)), 0, 0), BitstreamError);
});

test('a recording is known by its first eight bytes, and fewer are not enough to say', () => {
  assert.equal(beginsMovie(MP4), 'yes');
  assert.equal(beginsMovie(MP4.subarray(0, 5)), 'maybe');
  assert.equal(beginsMovie(Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3)), 'no');
});
