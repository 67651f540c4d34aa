/** A page that is rendered on a server imports the SDK there as well: nothing may happen, and nothing may fail. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Entry {
  readonly default: string;
}

const { exports: entries } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, Entry | string>;
};
const modules = Object.entries(entries).filter((entry): entry is [string, Entry] => typeof entry[1] === 'object');

describe('imported in Node, without a window', () => {
  test('there are entry points to import', () => {
    assert.ok(modules.length >= 9);
  });

  for (const [name, entry] of modules) {
    test(`glasscast/${name.slice(2)} brings its exports and touches nothing`, async () => {
      const exported = (await import(path.join(ROOT, entry.default))) as object;
      if (!name.endsWith('/define')) assert.ok(Object.keys(exported).length > 0);
    });
  }
});
