/** The detector that ships, on a portrait and on pictures without a face. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Detector } from '../../server-reference/src/vision/detector.ts';
import { loadFaceApi } from '../../server-reference/src/vision/face-api.ts';
import createDetector from '../../server-reference/src/vision/face-api-detector.ts';
import { decodePicture } from '../../server-reference/src/vision/picture-decoder.ts';
import type { DetectedFace } from '../../src/protocol/index.ts';
import { eyesOf } from '../support/eyes.ts';
import { withoutPortrait } from '../support/face-model.ts';
import { encode, noise, PORTRAIT_FACE, portrait, rawPicture, testCard } from '../support/pictures.ts';

suite('the detector that ships', () => {
  let detector: Detector;
  before(async () => {
    detector = await createDetector();
  });
  after(() => detector.close?.());

  const only = (faces: readonly DetectedFace[]): DetectedFace => {
    const [face] = faces;
    assert.ok(face !== undefined && faces.length === 1, `${faces.length} faces`);
    return face;
  };
  const middle = ({ x, y, width, height }: DetectedFace['box']) => ({ x: x + width / 2, y: y + height / 2 });

  // Its anchors, the smallest face that it was made for, are 51 x 67 pixels of the square that it looks at (256 to 416): a quarter of a picture's
  // width is 64 of them and more. How small the picture itself may be is not documented: 64 pixels, of which the face has 17, were measured.
  for (const width of [64, 80, 96, 128, 129, 160, 200, 244, 320, 321, 400, 512]) {
    test(`finds the face once in ${width} pixels`, { skip: withoutPortrait() }, async () => {
      const { box, score, landmarks = [] } = only(await detector.detect(await rawPicture(portrait(width))));
      assert.ok(score >= 0.5 && score <= 1);
      const [found, expected] = [middle(box), middle(PORTRAIT_FACE)];
      assert.ok(Math.hypot(found.x - expected.x, found.y - expected.y) < PORTRAIT_FACE.width / 4, JSON.stringify(box));
      assert.ok(Math.abs(box.width / PORTRAIT_FACE.width - 1) < 0.35, JSON.stringify(box));
      assert.equal(landmarks.length, 68);
    });
  }

  test('finds it turned over, darker, beside the middle and smaller, and as WebP of a camera', { skip: withoutPortrait() }, async () => {
    const turned = await rawPicture(portrait(244).flop());
    const { box } = only(await detector.detect(turned));
    assert.ok(Math.abs(middle(box).x - (1 - middle(PORTRAIT_FACE).x)) < 0.07);
    only(await detector.detect(await rawPicture(portrait(244).modulate({ brightness: 0.6 }))));
    const wide = portrait(260).extend({ left: 100, right: 40, top: 10, bottom: 0, background: '#6a7a80' });
    only(await detector.detect(await rawPicture(wide)));
    const { picture } = await decodePicture(await portrait(244).webp({ quality: 60 }).toBuffer());
    only(await detector.detect(picture));
  });

  test('the eyes are where they are in the picture at every size', { skip: withoutPortrait() }, async () => {
    const [left, right] = eyesOf(only(await detector.detect(await rawPicture(portrait(512)))));
    for (const width of [128, 244, 320]) {
      const face = only(await detector.detect(await rawPicture(portrait(width))));
      const eyes = eyesOf(face);
      for (const [at, eye] of [left, right].entries()) {
        const other = eyes[at] ?? { x: 0, y: 0 };
        assert.ok(Math.hypot(other.x - eye.x, other.y - eye.y) < 0.05 * PORTRAIT_FACE.width, `${width}: ${JSON.stringify([eye, other])}`);
      }
    }
  });

  test("the eyes are where MediaPipe's mesh has them, within a twentieth of the face's width", { skip: withoutPortrait() }, async () => {
    // The centres of `eyesOfMesh`, as the Face Landmarker of tasks-vision 0.10.35 found them in 512 pixels, and the width of its mesh.
    const mesh = [
      { x: 0.3987, y: 0.1982 },
      { x: 0.4819, y: 0.2018 },
    ];
    const meshWidth = 0.179;
    for (const width of [128, 244, 320, 512]) {
      const eyes = eyesOf(only(await detector.detect(await rawPicture(portrait(width)))));
      for (const [at, eye] of eyes.entries()) {
        const other = mesh[at] ?? { x: 0, y: 0 };
        assert.ok(Math.hypot(other.x - eye.x, other.y - eye.y) < 0.05 * meshWidth, `${width}: ${JSON.stringify([eye, other])}`);
      }
    }
  });

  test('finds none in noise', async () => {
    for (const [width, height] of [
      [64, 64],
      [244, 183],
      [512, 512],
    ] as const)
      for (const seed of [1, 2, 3, 4])
        assert.deepEqual(await detector.detect(noise(width, height, seed)), [], `${width}x${height}, ${seed}`);
  });

  test('finds none in a test card, in one colour, in one pixel and in a line of them', async () => {
    for (const [width, height] of [
      [64, 48],
      [244, 183],
      [640, 480],
      [1, 1],
      [640, 1],
      [1, 640],
    ] as const)
      assert.deepEqual(await detector.detect(testCard(width, height)), [], `${width}x${height}`);
    for (const light of [0, 128, 255]) {
      const data = new Uint8Array(244 * 183 * 3).fill(light);
      assert.deepEqual(await detector.detect({ width: 244, height: 183, data }), [], `all ${light}`);
    }
  });

  test('keeps no tensors', { skip: withoutPortrait() }, async () => {
    const { tf } = await loadFaceApi();
    const face = await rawPicture(portrait(96));
    const none = testCard(96, 96);
    await detector.detect(face);
    const before = tf.memory().numTensors;
    for (let picture = 0; picture < 60; picture++) await detector.detect(picture % 2 === 0 ? face : none);
    // Bytes that are no picture of that size.
    await assert.rejects(detector.detect({ width: 97, height: 96, data: none.data }));
    assert.equal(tf.memory().numTensors, before);
  });

  test('whatever the shape of a picture, points stand where they would in a square', { skip: withoutPortrait() }, async () => {
    const { picture } = await decodePicture(
      await encode(await rawPicture(portrait(244)))
        .png()
        .toBuffer(),
    );
    const plain = only(await detector.detect(picture));
    const beside = portrait(244).extend({ right: 81, background: '#000000' });
    const wide = only(await detector.detect(await rawPicture(beside)));
    const scale = 325 / 244;
    for (const [at, eye] of eyesOf(plain).entries()) {
      const other = eyesOf(wide)[at] ?? { x: 0, y: 0 };
      assert.ok(Math.hypot(other.x * scale - eye.x, other.y - eye.y) < 0.08 * PORTRAIT_FACE.width);
    }
  });
});
