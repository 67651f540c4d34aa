/** What overlays do to the pixels of a picture. */
import { expect } from '@open-wc/testing';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { paintContours } from '../../../src/vision/contour-painter.ts';
import { createOverlays } from '../../../src/vision/create-overlay.ts';
import { type Face, LANDMARKS } from '../../../src/vision/face.ts';
import type { OverlayContext } from '../../../src/vision/overlay.ts';

const SIZE = { width: 320, height: 240 };

/** Points on a circle in the middle, 80 pixels across. */
function faceAt(x: number, y: number, id = 1): Face {
  const landmarks = new Float32Array(LANDMARKS * 3);
  for (let index = 0; index < LANDMARKS; index += 1) {
    const angle = (index / LANDMARKS) * 2 * Math.PI;
    landmarks.set([x + 0.125 * Math.cos(angle), y + (1 / 6) * Math.sin(angle), 0], index * 3);
  }
  return { id, box: { x: x - 0.125, y: y - 1 / 6, width: 0.25, height: 1 / 3 }, landmarks };
}

const MIDDLE = faceAt(0.5, 0.5);

/** A picture of one-pixel stripes: nothing of it survives a mean. */
function striped(canvas: OffscreenCanvas | HTMLCanvasElement): OverlayContext {
  canvas.width = SIZE.width;
  canvas.height = SIZE.height;
  const context = canvas.getContext('2d') as OverlayContext | null;
  if (context === null) return expect.fail('no canvas');
  context.fillStyle = '#000';
  context.fillRect(0, 0, SIZE.width, SIZE.height);
  context.fillStyle = '#fff';
  for (let x = 0; x < SIZE.width; x += 2) context.fillRect(x, 0, 1, SIZE.height);
  return context;
}

const open = (): OverlayContext => striped(new OffscreenCanvas(1, 1));
const pixels = (context: OverlayContext): Uint8ClampedArray => context.getImageData(0, 0, SIZE.width, SIZE.height).data;

/** Whether the stripes are still to be seen around a point. */
function isStriped(context: OverlayContext, x: number, y: number): boolean {
  const { data } = context.getImageData(x, y, 4, 1);
  return Math.abs((data[0] ?? 0) - (data[4] ?? 0)) > 100;
}

/** How many pixels have just this colour. */
function count(context: OverlayContext, [red, green, blue]: readonly [number, number, number]): number {
  const data = pixels(context);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) found += 1;
  return found;
}

async function overlay(name: string, options: Readonly<Record<string, unknown>> = {}) {
  const [made] = await createOverlays([{ name, options }]);
  return made ?? expect.fail('no overlay');
}

const picture = (faces: readonly Face[] | null, timestamp = 0) => ({ ...SIZE, timestamp, faces });

describe('face-contour', () => {
  for (const [kind, canvas] of [
    ['a canvas of a worker', () => new OffscreenCanvas(1, 1)],
    ['a canvas of the page', () => document.createElement('canvas')],
  ] as const) {
    it(`draws on the face and nowhere else, on ${kind}`, async () => {
      const context = striped(canvas());
      const contour = await overlay('face-contour', { color: '#ff0000', width: 3 });
      contour.draw(context, picture([MIDDLE]));
      expect(count(context, [255, 0, 0])).to.be.greaterThan(100);
      for (const x of [0, 60, 100, 230, 300]) expect(isStriped(context, x, 120), `at ${x}`).to.equal(true);
    });
  }

  it('draws nothing without a face, and leaves the context as it was', async () => {
    const context = open();
    const before = pixels(context);
    context.lineWidth = 7;
    const contour = await overlay('face-contour');
    contour.draw(context, picture([]));
    contour.draw(context, picture(null));
    expect(pixels(context)).to.deep.equal(before);
    contour.draw(context, picture([MIDDLE]));
    expect(context.lineWidth).to.equal(7);
  });

  it('draws in its own colour where the one given is none', () => {
    const context = open();
    paintContours(context, MIDDLE, { color: 'no colour', width: 4 }, SIZE.width, SIZE.height);
    expect(count(context, [0x35, 0xf2, 0xa0])).to.be.greaterThan(100);
  });
});

describe('hide-face', () => {
  it('covers everything while nothing is known of the faces', async () => {
    const context = open();
    (await overlay('hide-face')).draw(context, picture(null));
    for (let y = 0; y < SIZE.height; y += 20) for (let x = 0; x < 316; x += 20) expect(isStriped(context, x, y)).to.equal(false);
  });

  it('covers the whole head and leaves the rest', async () => {
    const context = open();
    (await overlay('hide-face')).draw(context, picture([MIDDLE]));
    // The face is from 120 to 200 across, and from 80 to 160 down.
    for (const [x, y] of [
      [160, 120],
      [122, 82],
      [194, 156],
      [100, 120],
      [216, 120],
      [160, 45],
      [160, 175],
    ] as const)
      expect(isStriped(context, x, y), `${x}, ${y}`).to.equal(false);
    for (const [x, y] of [
      [20, 120],
      [300, 120],
      [160, 10],
      [160, 230],
    ] as const)
      expect(isStriped(context, x, y), `${x}, ${y}`).to.equal(true);
  });

  it('covers where a face was for a moment after it is gone', async () => {
    const hide = await overlay('hide-face');
    hide.draw(open(), picture([MIDDLE], 0));
    const shortly = open();
    expect(hide.appliesTo?.(picture([], 500_000))).to.equal(true);
    hide.draw(shortly, picture([], 500_000));
    expect(isStriped(shortly, 160, 120)).to.equal(false);
    expect(hide.appliesTo?.(picture([], 1_000_000))).to.equal(false);
  });

  it('covers with a colour where one is given, and never with one that lets light through', async () => {
    const red = open();
    (await overlay('hide-face', { color: 'rgb(255 0 0)' })).draw(red, picture([MIDDLE]));
    expect(count(red, [255, 0, 0])).to.be.greaterThan(80 * 80);
    const clear = open();
    (await overlay('hide-face', { color: 'transparent' })).draw(clear, picture([MIDDLE]));
    expect(isStriped(clear, 160, 120)).to.equal(false);
  });

  it('covers faces also where the browser has taken back what cells are made with', async () => {
    const { prototype } = OffscreenCanvasRenderingContext2D;
    const { drawImage, isContextLost } = prototype;
    // As they are then: nothing is drawn, and nothing thrown.
    const isCells = ({ width }: { width: number }): boolean => width <= 12;
    prototype.isContextLost = function (this: OffscreenCanvasRenderingContext2D) {
      return isCells(this.canvas);
    };
    prototype.drawImage = function (this: OffscreenCanvasRenderingContext2D, ...args: unknown[]) {
      if (!isCells(args[0] as OffscreenCanvas)) Reflect.apply(drawImage, this, args);
    };
    const context = open();
    try {
      (await overlay('hide-face')).draw(context, picture([MIDDLE]));
    } finally {
      Object.assign(prototype, { drawImage, isContextLost });
    }
    expect(isStriped(context, 160, 120)).to.equal(false);
    expect(isStriped(context, 20, 120)).to.equal(true);
  });

  it('covers faces that reach beyond the edge', async () => {
    const context = open();
    (await overlay('hide-face')).draw(context, picture([faceAt(0, 0, 1), faceAt(1, 1, 2), faceAt(3, 3, 3)]));
    expect(isStriped(context, 0, 0)).to.equal(false);
    expect(isStriped(context, 315, 239)).to.equal(false);
    expect(isStriped(context, 160, 120)).to.equal(true);
  });
});

describe('watermark', () => {
  const changed = (context: OverlayContext): { left: number; right: number; top: number; bottom: number } => {
    const [after, before] = [pixels(context), pixels(open())];
    const box = { left: SIZE.width, right: 0, top: SIZE.height, bottom: 0 };
    for (let at = 0; at < after.length; at += 4) {
      if (after[at] === before[at]) continue;
      const [x, y] = [(at / 4) % SIZE.width, Math.floor(at / 4 / SIZE.width)];
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    }
    return box;
  };

  it('writes its text in the corner that is asked for', async () => {
    const context = open();
    (await overlay('watermark', { text: 'On air', corner: 'top-left', size: 0.1 })).draw(context, picture(null));
    const { left, right, top, bottom } = changed(context);
    expect(left).to.be.within(2, 20);
    expect(top).to.be.within(2, 20);
    expect(right).to.be.lessThan(160);
    expect(bottom).to.be.lessThan(60);
  });

  it('keeps a long text within the picture', async () => {
    const context = open();
    (await overlay('watermark', { text: 'long '.repeat(30), size: 0.5 })).draw(context, picture(null));
    const { left, right } = changed(context);
    expect(left).to.be.greaterThan(2);
    expect(right).to.be.lessThan(318);
  });

  it('keeps as far from the edges as asked for, where tiles do not show them', async () => {
    const context = open();
    (await overlay('watermark', { text: 'On air', margin: 0.25 })).draw(context, picture(null));
    const { left, right, bottom } = changed(context);
    expect(left).to.be.greaterThan(160);
    expect(right).to.be.within(240, 264);
    expect(bottom).to.be.within(160, 184);
  });

  it('draws an image, as opaque as asked for', async () => {
    const logo = new OffscreenCanvas(10, 10);
    const paint = logo.getContext('2d') ?? expect.fail('no canvas');
    paint.fillStyle = '#00f';
    paint.fillRect(0, 0, 10, 10);
    const image = URL.createObjectURL(await logo.convertToBlob());
    const context = open();
    const mark = await overlay('watermark', { image, corner: 'center', size: 0.5, opacity: 1 });
    URL.revokeObjectURL(image);
    mark.draw(context, picture(null));
    expect(count(context, [0, 0, 255])).to.be.within(110 * 110, 121 * 121);
    mark.close?.();
  });

  it('says that its image is missing', async () => {
    const error = await createOverlays([{ name: 'watermark', options: { image: '/none.png' } }]).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(GlasscastError);
    expect((error as GlasscastError).code).to.equal('network');
  });
});
