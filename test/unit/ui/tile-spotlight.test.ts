import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tilesOf } from '../../../src/ui/tile-layout.ts';
import { spotlightOf } from '../../../src/ui/tile-spotlight.ts';
import { UNKNOWN_QUALITY } from '../../../src/webrtc/link-quality.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';

const NOBODY = { pinned: null, activeSpeaker: null };
const FACES = ['self', 'p1', 'p2'];
const SHARED = ['self', 'p1', 'p1/screen', 'p2'];

describe('the spotlight', () => {
  test('is on nobody while nothing is pinned or shared', () => {
    assert.equal(spotlightOf(FACES, { ...NOBODY, activeSpeaker: 'p1' }, 'auto', undefined), undefined);
  });

  test('is on what somebody shares, and on what is pinned before that', () => {
    assert.equal(spotlightOf(SHARED, NOBODY, 'auto', undefined), 'p1/screen');
    assert.equal(spotlightOf(SHARED, { ...NOBODY, pinned: 'p2' }, 'auto', 'p1/screen'), 'p2');
    assert.equal(spotlightOf(FACES, { ...NOBODY, pinned: 'self' }, 'auto', undefined), 'self');
  });

  test('passes over a pinned tile that is gone', () => {
    assert.equal(spotlightOf(FACES, { ...NOBODY, pinned: 'p3' }, 'auto', undefined), undefined);
    assert.equal(spotlightOf(SHARED, { ...NOBODY, pinned: 'p3' }, 'auto', undefined), 'p1/screen');
  });

  test('stays on the screen that came first', () => {
    const two = ['self', 'p1', 'p1/screen', 'p2', 'p2/screen'];
    assert.equal(spotlightOf(two, NOBODY, 'auto', 'p2/screen'), 'p2/screen');
  });

  test('leaves whoever shares the view of the others, unless the own screen is pinned', () => {
    const own = ['self', 'self/screen', 'p1'];
    assert.equal(spotlightOf(own, NOBODY, 'auto', undefined), undefined);
    assert.equal(spotlightOf(own, { ...NOBODY, pinned: 'self/screen' }, 'auto', undefined), 'self/screen');
  });

  test('follows who spoke last in the layout of that name, and never lacks somebody', () => {
    assert.equal(spotlightOf(FACES, { ...NOBODY, activeSpeaker: 'p2' }, 'spotlight', 'p1'), 'p2');
    assert.equal(spotlightOf(FACES, NOBODY, 'spotlight', 'p2'), 'p2');
    assert.equal(spotlightOf(FACES, NOBODY, 'spotlight', undefined), 'p1');
    assert.equal(spotlightOf(['self', 'self/screen'], NOBODY, 'spotlight', undefined), 'self');
  });

  test('is off in a grid, and for one tile alone', () => {
    assert.equal(spotlightOf(SHARED, { ...NOBODY, pinned: 'p2' }, 'grid', undefined), undefined);
    assert.equal(spotlightOf(['self'], { ...NOBODY, pinned: 'self' }, 'spotlight', undefined), undefined);
  });
});

describe('the tiles of a room', () => {
  test('stand in the order of arrival, each screen behind its owner', () => {
    const person = (id: string, screen: boolean, self = false) => ({
      id,
      name: id,
      microphone: true,
      camera: true,
      screen,
      away: false,
      link: 'connected' as const,
      tracks: NO_TRACKS,
      self,
      speaking: false,
      quality: UNKNOWN_QUALITY,
    });
    const tiles = tilesOf([person('me', true, true), person('p1', false), person('p2', true)]);
    assert.deepEqual([...tiles.keys()], ['self', 'self/screen', 'p1', 'p2', 'p2/screen']);
  });
});
