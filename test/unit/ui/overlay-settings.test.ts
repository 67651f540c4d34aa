import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawnHere, effectIn, FACE_EFFECTS, overlayNames, withEffect } from '../../../src/ui/overlay-names.ts';
import { readOverlays } from '../../../src/ui/overlay-settings.ts';

// As far as addresses need a page.
Object.defineProperty(globalThis, 'document', { value: { baseURI: 'https://page.example/room/' }, configurable: true });

const styleOf = (properties: Readonly<Record<string, string>> = {}) => ({
  getPropertyValue: (name: string): string => properties[name] ?? '',
});

function read(overlay: string | null, options: string | null = null, style = styleOf(), server: string | null = 'https://live.example') {
  const warnings: string[] = [];
  const settings = readOverlays({ overlay, overlayOptions: options }, style, server, (message) => warnings.push(message));
  return { ...settings, warnings };
}

describe('the attribute overlay', () => {
  test('names overlays in their order, each once', () => {
    assert.deepEqual(overlayNames('  face-contour watermark\n face-contour '), ['face-contour', 'watermark']);
    assert.deepEqual(overlayNames(null), []);
  });

  test('leaves to the server what is its', () => {
    assert.deepEqual(drawnHere('server:faces watermark'), ['watermark']);
  });

  test('is changed by a choice of effect without what else is in it', () => {
    assert.equal(effectIn('watermark face-contour', FACE_EFFECTS), 'face-contour');
    assert.equal(withEffect('watermark face-contour', FACE_EFFECTS, 'hide-face'), 'hide-face watermark');
    assert.equal(withEffect('watermark face-contour', FACE_EFFECTS, ''), 'watermark');
    assert.equal(withEffect(null, FACE_EFFECTS, 'face-contour'), 'face-contour');
  });
});

describe('the attribute overlay-options', () => {
  test('gives each overlay its own', () => {
    const { overlays, warnings } = read('face-contour watermark', '{"watermark":{"text":"Ada"},"face-contour":{"contours":"oval eyes"}}');
    assert.deepEqual(overlays, [
      { name: 'face-contour', options: { contours: 'oval eyes' } },
      { name: 'watermark', options: { text: 'Ada' } },
    ]);
    assert.deepEqual(warnings, []);
  });

  for (const nonsense of ['{', '[]', '"watermark"', 'null', '{"watermark":7}']) {
    test(`warns of ${nonsense} and falls back`, () => {
      const { overlays, warnings } = read('watermark', nonsense);
      assert.deepEqual(overlays, [{ name: 'watermark', options: {} }]);
      assert.equal(warnings.length, 1);
    });
  }

  test('wins over the colours of the page’s style, which are for contours alone', () => {
    const style = styleOf({ '--rtc-contour-color': ' #0f0 ', '--rtc-contour-width': '3px' });
    assert.deepEqual(read('face-contour watermark', '{"face-contour":{"width":5}}', style).overlays, [
      { name: 'face-contour', options: { color: '#0f0', width: 5 } },
      { name: 'watermark', options: {} },
    ]);
  });

  test('says where detection finds what it needs; else that is on the server', () => {
    assert.deepEqual(read('face-contour').vision, {
      model: 'https://live.example/vendor/models/face_landmarker.task',
      wasm: 'https://live.example/vendor/tasks-vision-0.10.35',
    });
    const { vision } = read('face-contour', '{"face-contour":{"model":"../own.task","wasm":"/wasm/","detectRate":15,"maxFaces":2}}');
    assert.deepEqual(vision, { model: 'https://page.example/own.task', wasm: 'https://page.example/wasm', detectRate: 15, maxFaces: 2 });
  });

  test('looks for every face that is to be hidden', () => {
    assert.equal(read('hide-face').vision.maxFaces, 10);
    assert.equal(read('face-contour').vision.maxFaces, undefined);
  });

  test('names images by addresses that mean the same in a worker', () => {
    assert.deepEqual(read('watermark', '{"watermark":{"image":"logo.png"}}').overlays[0]?.options, {
      image: 'https://page.example/room/logo.png',
    });
  });

  test('says where workers may come from', () => {
    const { vision, workerUrl } = read('face-contour', '{"workerUrl":"/w/overlay.js","face-contour":{"workerUrl":"/w/landmarker.js"}}');
    assert.deepEqual([workerUrl, vision.workerUrl], ['https://page.example/w/overlay.js', 'https://page.example/w/landmarker.js']);
  });
});
