import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openIfThere } from '../../../server-reference/src/recording/open-if-there.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glasscast-open-'));
});

after(() => rm(folder, { recursive: true }));

test('a file that is there is opened, and one that is not is null', async () => {
  await writeFile(join(folder, 'v0.m4s'), 'media');
  const file = await openIfThere(join(folder, 'v0.m4s'));
  assert.equal(await file?.readFile('utf8'), 'media');
  await file?.close();
  assert.equal(await openIfThere(join(folder, 'v1.m4s')), null);
});

test('a file that cannot be opened is not taken for one that is gone', async () => {
  await symlink('loop', join(folder, 'loop'));
  await assert.rejects(openIfThere(join(folder, 'loop')), { code: 'ELOOP' });
});
