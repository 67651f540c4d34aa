/** Overlays as they are asked for, and what they cover. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { createOverlays } from '../../../src/vision/create-overlay.ts';
import type { Face } from '../../../src/vision/face.ts';
import { isToHide, registerOverlay } from '../../../src/vision/overlay-registry.ts';
import { CoveredPlaces, headAround } from '../../../src/vision/overlays/covered-places.ts';
import { clip } from '../../../src/vision/overlays/pixelate.ts';
import { readNumber, readWord } from '../../../src/vision/overlays/read-options.ts';

const face = (id: number, x: number): Face => ({ id, box: { x, y: 0.4, width: 0.1, height: 0.1 }, landmarks: new Float32Array(0) });
const moduleOf = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
const isInvalid = (words: RegExp) => (error: unknown) =>
  error instanceof GlasscastError && error.code === 'invalid' && words.test(error.message);

describe('overlays by name', () => {
  it('are the built-in ones, in the order asked for', async () => {
    const [contour, hide] = await createOverlays([{ name: 'face-contour' }, { name: 'hide-face' }, { name: 'watermark' }]);
    const picture = { width: 1, height: 1, timestamp: 0, faces: null };
    assert.equal(contour?.appliesTo?.(picture), false, 'no contour without a face');
    assert.equal(hide?.appliesTo?.(picture), true, 'all is covered while nothing is known');
    assert.equal(hide?.appliesTo?.({ ...picture, faces: [] }), false, 'nothing is covered where there is no face');
  });

  it('that are unknown are told, and the others made', async () => {
    const told: string[] = [];
    const made = await createOverlays([{ name: 'moustache' }, { name: 'face-contour' }], (error, { name }) =>
      told.push(`${name}: ${error.code}`),
    );
    assert.equal(made.length, 1);
    assert.deepEqual(told, ['moustache: invalid']);
    await assert.rejects(createOverlays([{ name: 'toString' }]), isInvalid(/no overlay “toString”/));
  });

  it('come from the page’s functions, with their options', async () => {
    registerOverlay('mine', (options) => ({ draw: () => {}, needsFaces: options['faces'] === true }));
    const [mine] = await createOverlays([{ name: 'mine', options: { faces: true } }]);
    assert.equal(mine?.needsFaces, true);
  });

  it('come from modules', async () => {
    const module = moduleOf('export default ({ faces }) => ({ draw() {}, needsFaces: faces });');
    const [made] = await createOverlays([{ name: 'elsewhere', module, options: { faces: true } }]);
    assert.equal(made?.needsFaces, true);
  });

  it('hide something where whoever registered them says so, also where they do not', async () => {
    registerOverlay('veil', () => ({ draw: () => undefined }), { hides: true });
    assert.equal(isToHide({ name: 'veil' }), true, 'known before it is made');
    const [veil] = await createOverlays([{ name: 'veil' }]);
    assert.equal(veil?.hides, true);
    registerOverlay('veil', () => ({ draw: () => undefined }));
    assert.equal(isToHide({ name: 'veil' }), false);
    assert.equal(isToHide({ name: 'veil', hides: true }), true, 'as a worker hears it, which has no registry');
    assert.equal(isToHide({ name: 'hide-face', hides: false }), true, 'whatever stands in for the one that ships');
  });

  const broken = [
    { name: 'a module that is not there', order: { name: 'x', module: 'data:text/plain,' }, words: /could not be loaded/ },
    { name: 'a module without a default', order: { name: 'x', module: moduleOf('export const a = 1;') }, words: /exports no function/ },
    {
      name: 'a factory that makes nothing',
      order: { name: 'x', module: moduleOf('export default () => null;') },
      words: /nothing that draws/,
    },
    {
      name: 'a factory that throws',
      order: { name: 'x', module: moduleOf('export default () => { throw Error("ink"); };') },
      words: /ink/,
    },
  ];
  for (const { name, order, words } of broken) it(`says so of ${name}`, () => assert.rejects(createOverlays([order]), isInvalid(words)));
});

describe('places that are covered', () => {
  it('hold the head with room around it', () => {
    const { x, y, width, height } = headAround({ x: 0.4, y: 0.4, width: 0.1, height: 0.1 });
    assert.ok(x < 0.37 && y < 0.36 && x + width > 0.53 && y + height > 0.52);
  });

  it('stay covered a moment after a face is gone, and no longer', () => {
    const places = new CoveredPlaces();
    assert.equal(places.at(0, [face(1, 0.1), face(2, 0.7)]).length, 2);
    assert.equal(places.at(300_000, [face(2, 0.7)]).length, 2);
    assert.equal(places.at(701_000, [face(2, 0.7)]).length, 1);
    assert.equal(places.anyAt(1_400_000), true);
    assert.equal(places.anyAt(1_402_000), false);
  });

  it('are where the face is now', () => {
    const places = new CoveredPlaces();
    places.at(0, [face(1, 0.1)]);
    const [place] = places.at(33_000, [face(1, 0.5)]);
    assert.ok((place?.x ?? 0) > 0.4);
  });

  it('are forgotten where times begin anew', () => {
    const places = new CoveredPlaces();
    places.at(60_000_000, [face(1, 0.1)]);
    assert.equal(places.anyAt(0), false);
  });

  it('are clipped to the picture, in whole pixels', () => {
    assert.deepEqual(clip({ x: -10.5, y: 5.5, width: 20, height: 10 }, 100, 12), { x: 0, y: 5, width: 10, height: 7 });
    assert.equal(clip({ x: 120, y: 0, width: 20, height: 10 }, 100, 100), null);
  });
});

describe('options of overlays', () => {
  it('fall back where they make no sense', () => {
    assert.deepEqual(
      [5, '5', -1, 99, 'x', '', null, {}].map((value) => readNumber(value, 0, 10, 3)),
      [5, 5, 0, 10, 3, 3, 3, 3],
    );
    assert.equal(readWord(' LEFT ', ['left', 'right'], 'right'), 'left');
    assert.equal(readWord('up', ['left', 'right'], 'right'), 'right');
  });
});
