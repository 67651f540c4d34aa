/** What a crash leaves of a recording, and what the next start makes of it. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nodeDisk } from '../../server-reference/src/recording/disk.ts';
import type { RecordingIndex } from '../../server-reference/src/recording/recording-index.ts';
import { recover } from '../../server-reference/src/recording/recovery.ts';
import { RecordedOrigin } from '../support/recorded-origin.ts';

const FILES = ['v0.m4s', 'a0.m4s'] as const;

let scratch: string;
/** A recording of eleven seconds as it is while it is being made: without an end and without a summary. */
let crashed: string;
let session: string;
let media: ReadonlyMap<string, Buffer>;
let journal: Buffer;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'glasscast-recovery-'));
  crashed = join(scratch, 'crashed');
  await using origin = await RecordedOrigin.start();
  const broadcast = origin.broadcast();
  await origin.run(broadcast, 11, { frameBytes: 300 });
  session = broadcast.publication.sessionId;
  await cp(origin.folder(session), crashed, { recursive: true });
  media = new Map(await Promise.all(FILES.map(async (file) => [file, await readFile(join(crashed, file))] as const)));
  journal = await readFile(join(crashed, 'journal'));
});
after(() => rm(scratch, { recursive: true }));

async function recovered(damage: (folder: string) => Promise<void>): Promise<{ index: RecordingIndex | null; folder: string }> {
  const folder = join(scratch, 'damaged');
  await rm(folder, { recursive: true, force: true });
  await cp(crashed, folder, { recursive: true });
  await damage(folder);
  return { index: await recover(folder, nodeDisk, 0), folder };
}

/** Every segment is where the index says, its bytes are those that were recorded, and nothing else is in the files. */
async function assertWhole(index: RecordingIndex | null, folder: string, what: string): Promise<void> {
  assert.ok(index !== null, what);
  assert.equal(index.end?.reason, 'interrupted', what);
  for (const { info, segments, bytes } of index.renditions) {
    const file = `${info.id}.m4s`;
    const kept = await readFile(join(folder, file));
    assert.equal(kept.byteLength, bytes, what);
    assert.ok(media.get(file)?.subarray(0, bytes).equals(kept), what);
    assert.equal(
      segments.reduce((sum, { length }) => sum + length, 0),
      bytes,
      what,
    );
  }
}

describe('a recording that was interrupted', () => {
  test('is closed with all that its journal speaks of', async () => {
    const { index, folder } = await recovered(async () => undefined);
    await assertWhole(index, folder, 'undamaged');
    assert.ok((index?.duration ?? 0) > 10.5, `${index?.duration} s`);
    assert.equal(
      index?.bytes,
      [...media.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    );
  });

  test('can be read again as it was closed', async () => {
    const { index, folder } = await recovered(async () => undefined);
    const again = await recover(folder, nodeDisk, 0);
    assert.deepEqual(
      again?.renditions.map(({ segments }) => segments),
      index?.renditions.map(({ segments }) => segments),
    );
    assert.deepEqual(again?.end, index?.end);
  });

  test('loses no more than the record in which its journal was cut, wherever that is', async () => {
    let before = Number.POSITIVE_INFINITY;
    for (let length = journal.byteLength; length > journal.byteLength - 300; length--) {
      const { index, folder } = await recovered((it) => truncate(join(it, 'journal'), length));
      await assertWhole(index, folder, `journal cut at ${length}`);
      assert.ok((index?.bytes ?? 0) <= before);
      before = index?.bytes ?? 0;
    }
    assert.ok(before > 0);
  });

  for (const file of FILES) {
    test(`is cut back to the last part that is whole where ${file} lost its end`, async () => {
      const size = media.get(file)?.byteLength ?? 0;
      for (let missing = 1; missing <= 40; missing++) {
        const { index, folder } = await recovered((it) => truncate(join(it, file), size - missing));
        await assertWhole(index, folder, `${missing} bytes missing`);
        assert.ok((index?.rendition(file.slice(0, 2))?.bytes ?? size) < size);
      }
    });
  }

  test('is cut back before media that is not what was written', async () => {
    const bytes = Buffer.from(media.get('v0.m4s') ?? []);
    bytes.fill(0, bytes.byteLength - 5000, bytes.byteLength - 4000);
    const { index, folder } = await recovered((it) => writeFile(join(it, 'v0.m4s'), bytes));
    await assertWhole(index, folder, 'a hole');
    assert.ok((index?.rendition('v0')?.bytes ?? 0) <= bytes.byteLength - 4000);
  });

  test('loses bytes that its journal does not speak of', async () => {
    const { index, folder } = await recovered((it) => writeFile(join(it, 'v0.m4s'), Buffer.alloc(999), { flag: 'a' }));
    await assertWhole(index, folder, 'too much');
  });

  test('is nothing where not even the first record was written', async () => {
    for (const length of [0, 3, 20]) {
      const { index } = await recovered((it) => truncate(join(it, 'journal'), length));
      assert.equal(index, null);
    }
  });
});

describe('at its start the server', () => {
  test('finds recordings that ended and recordings that were interrupted', async () => {
    const directory = join(scratch, 'both');
    await using first = await RecordedOrigin.start({ directory });
    const broadcast = first.broadcast();
    await first.run(broadcast, 5);
    const ended = await first.end(broadcast);
    await cp(crashed, join(directory, 'demo', session), { recursive: true });
    await using second = await RecordedOrigin.start({ directory });
    const reasons = new Map(second.recordings.list('demo').map(({ session: id, reason }) => [id, reason]));
    assert.deepEqual(
      reasons,
      new Map([
        [ended, 'ended'],
        [session, 'interrupted'],
      ]),
    );
    // The next start has nothing more to mend.
    assert.ok((await readdir(join(directory, 'demo', session))).includes('recording.json'));
  });

  test('deletes what is left of a deletion, and nothing that is not its own', async () => {
    const directory = join(scratch, 'leftovers');
    for (const folder of ['deleted', 'notours', 'future']) await cp(crashed, join(directory, 'demo', folder), { recursive: true });
    await rm(join(directory, 'demo', 'deleted', 'journal'));
    await rm(join(directory, 'demo', 'notours', 'journal'));
    await writeFile(join(directory, 'demo', 'notours', 'notes.txt'), 'mine');
    await writeFile(join(directory, 'demo', 'future', 'journal'), Buffer.alloc(200, 7));
    await using origin = await RecordedOrigin.start({ directory });
    assert.deepEqual(origin.recordings.list('demo'), []);
    await assert.rejects(stat(join(directory, 'demo', 'deleted')));
    assert.deepEqual(await readdir(join(directory, 'demo', 'notours')), ['notes.txt']);
    assert.deepEqual((await readdir(join(directory, 'demo', 'future'))).sort(), ['a0.m4s', 'journal', 'v0.m4s']);
  });
});
