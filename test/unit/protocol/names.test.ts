import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as v from 'valibot';
import { GrantSchema, grantAllows, isName, slugify, TitleSchema } from '../../../src/protocol/index.ts';

describe('names', () => {
  for (const good of ['a', '9-lives', 'new', 'x'.repeat(63)]) test(`"${good}" is a name`, () => assert.ok(isName(good)));
  for (const bad of ['', '-a', 'A', 'a b', 'a/../b', 'é', 'x'.repeat(64), 'a\n', null, 7]) {
    test(`${JSON.stringify(bad)} is not a name`, () => assert.ok(!isName(bad)));
  }

  test('a slug is lower-cased, without accents, with one dash for anything else', () => {
    assert.equal(slugify('  Réunion d’équipe — 9h! '), 'reunion-d-equipe-9h');
    assert.equal(slugify('x'.repeat(100)), 'x'.repeat(63));
  });

  test('a title that leaves nothing has no slug', () => assert.equal(slugify('…日本…'), null));

  test('titles lose control characters and are bounded', () => {
    assert.equal(v.parse(TitleSchema, ' A\u0000na\u202e '), 'Ana');
    assert.ok(!v.safeParse(TitleSchema, ' \u0007 ').success);
    assert.ok(!v.safeParse(TitleSchema, 'x'.repeat(81)).success);
  });
});

describe('grants', () => {
  const grant = v.parse(GrantSchema, { room: 'team', can: ['join'] });

  test('a grant allows its capability on its own room alone', () => {
    assert.ok(grantAllows(grant, 'join', { room: 'team' }));
    assert.ok(!grantAllows(grant, 'join', { room: 'other' }));
    assert.ok(!grantAllows(grant, 'moderate', { room: 'team' }));
    assert.ok(!grantAllows(grant, 'join', { stream: 'team' }));
  });

  test('a star allows every room, and no stream', () => {
    const star = v.parse(GrantSchema, { room: '*', can: ['join'] });
    assert.ok(grantAllows(star, 'join', { room: 'any' }));
    assert.ok(!grantAllows(star, 'join', { stream: 'any' }));
  });

  test('a grant without a room or a stream, or with an unknown capability, is refused', () => {
    assert.ok(!v.safeParse(GrantSchema, { can: ['join'] }).success);
    assert.ok(!v.safeParse(GrantSchema, { room: '*', can: ['fly'] }).success);
    assert.ok(!v.safeParse(GrantSchema, { room: '../x', can: ['join'] }).success);
  });
});
