/** What is shipped besides English. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ERROR_CODES } from '../../../src/protocol/errors.ts';
import type { Strings } from '../../../src/ui/localize.ts';
import ar from '../../../src/ui/translations/ar.ts';
import de from '../../../src/ui/translations/de.ts';
import es from '../../../src/ui/translations/es.ts';
import fr from '../../../src/ui/translations/fr.ts';
import { englishStrings } from '../../support/strings.ts';

const TRANSLATIONS: Readonly<Record<string, Strings>> = { ar, de, es, fr };

/** What is wrong with an attribute or a call is told to developers, in English; who leaves needs no telling. */
const UNTRANSLATED: readonly string[] = ['invalid', 'aborted'];

/** Marks of quotation, by language; an apostrophe is one of them only where it stands alone. */
const QUOTES: Readonly<Record<string, string>> = { ar: '«»', de: '„“', es: '«»', fr: '«»' };

const english = englishStrings();
const errors = ERROR_CODES.filter((code) => !UNTRANSLATED.includes(code)).map((code) => `error.${code}`);

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

/** Pairs of strings of one namespace that read alike although they differ in English. */
function alike(strings: Strings): string[] {
  const first = new Map<string, string>();
  return [...english].flatMap(([name, text]) => {
    const place = `${name.split('.')[0]} ${strings[name]}`;
    const before = first.get(place);
    if (before === undefined) first.set(place, name);
    return before === undefined || english.get(before) === text ? [] : [`${before} = ${name}`];
  });
}

test('the sources hold English strings of every part', () => {
  const namespaces = new Set([...english.keys()].map((name) => name.split('.')[0]));
  for (const part of ['broadcaster', 'chat', 'controls', 'lobby', 'prejoin', 'room', 'roster', 'stats', 'tile', 'viewer']) {
    assert.ok(namespaces.has(part), part);
  }
});

for (const [language, strings] of Object.entries(TRANSLATIONS)) {
  describe(`the translation ${language}`, () => {
    test('has every string', () => {
      const missing = [...english.keys()].filter((name) => !Object.hasOwn(strings, name));
      assert.deepEqual(missing, []);
    });

    test('has every failure that people can meet', () => {
      assert.deepEqual(
        errors.filter((name) => !Object.hasOwn(strings, name)),
        [],
      );
    });

    test('has nothing that nobody reads', () => {
      const unread = Object.keys(strings).filter((name) => !english.has(name) && !errors.includes(name));
      assert.deepEqual(unread, []);
    });

    test('puts the same values into its strings', () => {
      for (const [name, text] of english) assert.deepEqual(placeholders(strings[name] ?? ''), placeholders(text), name);
    });

    test('tells failures without values, which not all of them have', () => {
      for (const name of errors) assert.deepEqual(placeholders(strings[name] ?? ''), [], name);
    });

    test('leaves no string empty, or with spaces around it', () => {
      const loose = Object.keys(strings).filter((name) => strings[name] === '' || strings[name] !== strings[name]?.trim());
      assert.deepEqual(loose, []);
    });

    test('keeps apart what English keeps apart', () => {
      assert.deepEqual(alike(strings), []);
    });

    test('quotes with the marks of its language', () => {
      const marks = new Set(Object.values(strings).flatMap((text) => text.match(/["'“”„«»‹›]/g) ?? []));
      assert.deepEqual([...marks].sort(), [...(QUOTES[language] ?? '')].sort());
    });

    test('closes each direction that it opens', () => {
      for (const [name, text] of Object.entries(strings)) {
        assert.equal(text.match(/[\u2066-\u2068]/g)?.length, text.match(/\u2069/g)?.length, name);
      }
    });
  });
}

test('French never begins a line with a mark', () => {
  for (const [name, text] of Object.entries(fr)) assert.doesNotMatch(text, /(?<![\u00a0\u202f])[:;?!»]|«(?!\u00a0)/, name);
});

test('German never begins a line with an ellipsis', () => {
  for (const [name, text] of Object.entries(de)) assert.doesNotMatch(text, /(?<!\u00a0)…/, name);
});

test('Arabic keeps names to themselves in sentences about them', () => {
  for (const name of ['room.joined', 'room.left', 'features.mutedMic', 'tile.pin', 'tile.muted', 'roster.actions']) {
    assert.match(ar[name] ?? '', /\u2068\{name\}\u2069/, name);
  }
});
