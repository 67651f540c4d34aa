import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { AuthError } from '../../../server-reference/src/auth/auth-error.ts';
import { principalOfPhoenixToken } from '../../../server-reference/src/auth/claims.ts';
import { decodeTerm, TermError } from '../../../server-reference/src/auth/external-term.ts';
import { derivePhoenixKey, verifyPhoenixToken } from '../../../server-reference/src/auth/phoenix-token.ts';

const KEY = derivePhoenixKey('a'.repeat(64), 'user socket');
const SIGNED_AT = 1_700_000_000_000;
const DAY = 86_400_000;
const VECTOR = 'SFMyNTY.g2gDbQAAAAd1c2VyOjQybgYAAGjlz4sBYgABUYA.sdtUjNHtcV7FUJC7Lfa22isaHq6ziRQwb3YbEA2BcsE';

/** External term format, by hand: enough of a writer to test the reader. */
const u16 = (value: number): number[] => [value >> 8, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
const binary = (text: string): number[] => [109, ...u32(Buffer.byteLength(text)), ...Buffer.from(text)];
const atom = (name: string): number[] => [119, name.length, ...Buffer.from(name)];
const integer = (value: number): number[] => [98, ...u32(value)];
const list = (...items: number[][]): number[] => [108, ...u32(items.length), ...items.flat(), 106];
const map = (...pairs: [number[], number[]][]): number[] => [116, ...u32(pairs.length), ...pairs.flat(2)];
const milliseconds = (value: number): number[] => [
  110,
  6,
  0,
  ...Array.from({ length: 6 }, (_, index) => Math.floor(value / 256 ** index) % 256),
];
const tuple = (...items: number[][]): number[] => [104, items.length, ...items.flat()];

function sign(term: number[], key: Uint8Array = KEY): string {
  const signed = `SFMyNTY.${Buffer.from([131, ...term]).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

const refused = (code: AuthError['code']) => (error: unknown) => error instanceof AuthError && error.code === code;

describe('a Phoenix.Token', () => {
  test('of the known vector verifies', () => {
    assert.deepEqual(verifyPhoenixToken(VECTOR, KEY, SIGNED_AT), { data: 'user:42', signedAt: SIGNED_AT, expiresAt: SIGNED_AT + DAY });
  });

  test('is good to the last millisecond of its age, and no longer', () => {
    verifyPhoenixToken(VECTOR, KEY, SIGNED_AT + DAY - 1);
    assert.throws(() => verifyPhoenixToken(VECTOR, KEY, SIGNED_AT + DAY), refused('token-expired'));
  });

  test("expires by the verifier's age where that is given", () => {
    assert.throws(() => verifyPhoenixToken(VECTOR, KEY, SIGNED_AT + 61_000, 60), refused('token-expired'));
    verifyPhoenixToken(VECTOR, KEY, SIGNED_AT + 2 * DAY, 3 * 86_400);
  });

  test('signed in the future is invalid', () => {
    assert.throws(() => verifyPhoenixToken(VECTOR, KEY, SIGNED_AT - 1), refused('unauthorized'));
  });

  test('under another secret or salt is invalid', () => {
    for (const key of [derivePhoenixKey('b'.repeat(64), 'user socket'), derivePhoenixKey('a'.repeat(64), 'other salt')]) {
      assert.throws(() => verifyPhoenixToken(VECTOR, key, SIGNED_AT), refused('unauthorized'));
    }
  });

  test('with any character changed is invalid', () => {
    for (let index = 0; index < VECTOR.length - 1; index++) {
      const changed = VECTOR.slice(0, index) + (VECTOR[index] === 'A' ? 'B' : 'A') + VECTOR.slice(index + 1);
      if (changed === VECTOR) continue;
      assert.throws(() => verifyPhoenixToken(changed, KEY, SIGNED_AT), refused('unauthorized'), `position ${index}`);
    }
  });

  test('cut short anywhere is invalid', () => {
    for (let length = 0; length < VECTOR.length; length++) {
      assert.throws(() => verifyPhoenixToken(VECTOR.slice(0, length), KEY, SIGNED_AT), refused('unauthorized'), `length ${length}`);
    }
  });

  test('that is rightly signed and holds something else is invalid', () => {
    const at = milliseconds(SIGNED_AT);
    for (const term of [
      binary('user'),
      tuple(binary('user'), at),
      tuple(binary('user'), binary('then'), integer(1)),
      tuple(binary('user'), at, atom('forever')),
      [97],
    ]) {
      assert.throws(() => verifyPhoenixToken(sign(term), KEY, SIGNED_AT), refused('unauthorized'));
    }
  });

  test('may live for ever', () => {
    assert.equal(
      verifyPhoenixToken(sign(tuple(binary('user'), milliseconds(SIGNED_AT), atom('infinity'))), KEY, SIGNED_AT + 1000 * DAY).expiresAt,
      null,
    );
  });
});

describe('the principal of a Phoenix.Token', () => {
  const of = (data: number[]) =>
    principalOfPhoenixToken(
      verifyPhoenixToken(sign(tuple(data, milliseconds(SIGNED_AT), integer(60))), KEY, SIGNED_AT),
      new Set(['join'] as const),
    );

  test('has a string or an integer as its subject', () => {
    assert.equal(of(binary('user:42')).sub, 'user:42');
    assert.equal(of(integer(42)).sub, '42');
    assert.deepEqual([...of(integer(42)).publicCan], ['join']);
  });

  test('takes name and grants from a map, under atoms or strings', () => {
    const grant = map([binary('room'), binary('team')], [binary('can'), list(binary('join'), atom('moderate'))]);
    const principal = of(map([atom('user_id'), integer(7)], [atom('name'), binary('Ana')], [binary('grants'), list(grant)]));
    assert.deepEqual([principal.sub, principal.name, principal.grants], ['7', 'Ana', [{ room: 'team', can: ['join', 'moderate'] }]]);
  });

  test('is refused with grants that do not exist', () => {
    const grant = map([binary('room'), binary('team')], [binary('can'), list(binary('fly'))]);
    assert.throws(() => of(map([binary('sub'), binary('x')], [binary('grants'), list(grant)])), refused('unauthorized'));
  });

  test('is refused for data that is neither', () => {
    assert.throws(() => of(list(integer(1))), refused('unauthorized'));
  });
});

describe('external terms', () => {
  const decode = (...bytes: number[]) => decodeTerm(Uint8Array.from(bytes));

  test('of allowed tags are read', () => {
    assert.equal(decode(131, 97, 200), 200);
    assert.equal(decode(131, ...integer(-5)), -5);
    assert.equal(decode(131, 110, 1, 1, 7), -7);
    assert.equal(decode(131, ...atom('true')), true);
    assert.equal(decode(131, ...atom('nil')), null);
    assert.deepEqual(decode(131, ...list(integer(1), binary('ä'))), [1, 'ä']);
    assert.deepEqual(decode(131, ...map([atom('__proto__'), integer(1)])), new Map([['__proto__', 1]]));
  });

  const bad: [string, number[]][] = [
    ['nothing', []],
    ['no version byte', [97, 1]],
    ['a pid', [131, 88]],
    ['a reference', [131, 90]],
    ['a function', [131, 112]],
    ['a compressed term', [131, 80]],
    ['a float', [131, 70, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a string of bytes', [131, 107, 0, 1, 65]],
    ['an improper list', [131, 108, 0, 0, 0, 1, 97, 1, 97, 2]],
    ['bytes behind the term', [131, 97, 1, 0]],
    ['a binary that promises more than there is', [131, 109, 255, 255, 255, 255]],
    ['a list that promises more than there is', [131, 108, 255, 255, 255, 255]],
    ['a map that promises more than there is', [131, 116, 255, 255, 255, 255]],
    ['a binary that is not UTF-8', [131, 109, 0, 0, 0, 1, 0xff]],
    ['an integer beyond what a number holds', [131, 110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255]],
    ['a map whose key is a number', [131, ...map([integer(1), integer(2)])]],
    ['lists nested without end', [131, ...Array.from({ length: 40 }, () => [108, 0, 0, 0, 1]).flat(), 106]],
  ];
  for (const [name, bytes] of bad) {
    test(`refuse ${name}`, () => {
      assert.throws(() => decode(...bytes), TermError);
    });
  }

  test('refuse whatever else, and fail in no other way', () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed >>> 16;
    };
    for (let round = 0; round < 5000; round++) {
      const bytes = [131, ...Array.from({ length: random() % 24 }, () => random() & 0xff)];
      try {
        decode(...bytes);
      } catch (error) {
        assert.ok(error instanceof TermError, `${bytes.join(',')}: ${error}`);
      }
    }
  });
});
