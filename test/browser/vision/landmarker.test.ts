/** Detection with the real model: what is found where, what is not, and what is said when it cannot run. */
import { expect } from '@open-wc/testing';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import type { Face } from '../../../src/vision/face.ts';
import { FaceTracker } from '../../../src/vision/face-tracker.ts';
import { drawFace } from '../../../src/vision/landmarker/drawn-face.ts';
import { fetchModel } from '../../../src/vision/landmarker/face-model.ts';
import { Landmarker, loadMediaPipe } from '../../../src/vision/landmarker/mediapipe.ts';
import { type LandmarkerPort, openLandmarker } from '../../../src/vision/landmarker.ts';
import type { VisionSettings } from '../../../src/vision/overlay.ts';

const SETTINGS: VisionSettings = { model: '/test-data/face_landmarker.task', wasm: '/test-data/tasks-vision' };
const FRAME = 33_333;

/** Where the eyes of the portrait are, in shares of its edges: found by hand. */
const EYES = { right: { x: 0.4, y: 0.2 }, left: { x: 0.49, y: 0.2 } };
const IRIS = { right: 468, left: 473 };

async function isThere(address: string): Promise<boolean> {
  const response = await fetch(address, { method: 'HEAD' });
  return response.ok;
}

async function rejection(promise: Promise<unknown>): Promise<GlasscastError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof GlasscastError) return error;
  return expect.fail(`no GlasscastError: ${String(error)}`);
}

type Paint = (context: OffscreenCanvasRenderingContext2D, width: number, height: number) => void;

function paint(width: number, height: number, draw: Paint): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  draw(canvas.getContext('2d') ?? expect.fail('no canvas'), width, height);
  return canvas;
}

const noise: Paint = (context, width, height) => {
  const image = context.createImageData(width, height);
  let seed = 7;
  for (let index = 0; index < image.data.length; index += 1) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    image.data[index] = index % 4 === 3 ? 255 : seed >> 16;
  }
  context.putImageData(image, 0, 0);
};

const testCard: Paint = (context, width, height) => {
  const bars = ['#fff', '#ff0', '#0ff', '#0f0', '#f0f', '#f00', '#00f', '#000'];
  for (const [index, colour] of bars.entries()) {
    context.fillStyle = colour;
    context.fillRect((index * width) / bars.length, 0, width / bars.length, height);
  }
  context.beginPath();
  context.arc(width / 2, height / 2, height / 3, 0, 7);
  context.strokeStyle = '#888';
  context.lineWidth = 4;
  context.stroke();
};

const nothing: Paint = (context, width, height) => context.fillRect(0, 0, width, height);

/** A tracker that is shown pictures one after another. */
class Watch {
  readonly tracker: FaceTracker;
  error: GlasscastError | null = null;
  #timestamp = 0;

  constructor(opened: LandmarkerPort) {
    this.tracker = new FaceTracker(opened.port, {
      detectRate: 60,
      failed: (error) => {
        this.error = error;
      },
    });
  }

  /** The faces once the picture has been looked at. */
  async see(picture: OffscreenCanvas): Promise<readonly Face[]> {
    this.#timestamp += FRAME;
    await this.#idle();
    this.tracker.offer(new VideoFrame(picture, { timestamp: this.#timestamp }), this.#timestamp);
    await this.#idle();
    return this.tracker.facesAt(this.#timestamp) ?? expect.fail('nothing is known of the faces');
  }

  /** No picture is being looked at, and the next one can be. */
  async #idle(): Promise<void> {
    while (!this.tracker.wants) {
      if (this.error !== null) throw this.error;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

describe('the face landmarker', () => {
  let portrait: ImageBitmap;

  const portraitAt = (size: number): OffscreenCanvas => paint(size, size, (context) => context.drawImage(portrait, 0, 0, size, size));

  before(async function () {
    if (!(await isThere(SETTINGS.model)) || !(await isThere('/test-data/face.png'))) this.skip();
    portrait = await createImageBitmap(await (await fetch('/test-data/face.png')).blob());
  });

  describe('with a landmarker', () => {
    let opened: LandmarkerPort;
    let watch: Watch;
    /** Keeps the worker, and in it what is loaded, from test to test. */
    let keeper: LandmarkerPort;

    before(async () => {
      keeper = await openLandmarker(SETTINGS);
    });

    after(() => keeper.close());

    beforeEach(async () => {
      opened = await openLandmarker({ ...SETTINGS, maxFaces: 5 });
      watch = new Watch(opened);
    });

    afterEach(() => {
      watch.tracker.close();
      opened.close();
    });

    for (const size of [96, 160, 256, 512, 1024]) {
      it(`finds the one face of the portrait at ${size} pixels, and its eyes where they are`, async () => {
        const picture = portraitAt(size);
        await watch.see(picture);
        const faces = await watch.see(picture);
        expect(faces.length).to.equal(1);
        const [face] = faces;
        const landmarks = face?.landmarks ?? expect.fail('no face');
        expect(landmarks.length).to.equal(478 * 3);
        const tolerance = 0.08 * (face?.box.width ?? 0) + 1 / size;
        for (const side of ['right', 'left'] as const) {
          expect(landmarks[IRIS[side] * 3], `${side} eye across`).to.be.closeTo(EYES[side].x, tolerance);
          expect(landmarks[IRIS[side] * 3 + 1], `${side} eye down`).to.be.closeTo(EYES[side].y, tolerance);
        }
      });
    }

    for (const [name, draw] of [
      ['noise', noise],
      ['a test card', testCard],
      ['a black picture', nothing],
    ] as const) {
      it(`finds no face in ${name}`, async () => {
        for (let index = 0; index < 3; index += 1) expect(await watch.see(paint(640, 480, draw))).to.deep.equal([]);
      });
    }

    it('finds five faces, and keeps their ids', async () => {
      const five = paint(640, 480, (context, width, height) => {
        context.fillRect(0, 0, width, height);
        for (let index = 0; index < 5; index += 1)
          context.drawImage(portrait, 130, 20, 200, 220, 7 + (index % 3) * 205, index < 3 ? 0 : 240, 166, 240);
      });
      await watch.see(five);
      const before = (await watch.see(five)).map(({ id }) => id).sort();
      const after = (await watch.see(five)).map(({ id }) => id).sort();
      expect(before.length).to.equal(5);
      expect(after).to.deep.equal(before);
    });

    it('says that a face is gone in the picture where it is gone, and finds it again as another', async () => {
      const picture = portraitAt(256);
      const [first] = await watch.see(picture);
      for (let index = 0; index < 5; index += 1) await watch.see(paint(256, 256, nothing));
      expect(watch.tracker.facesAt(6 * FRAME)).to.deep.equal([]);
      const [again] = await watch.see(picture);
      expect(again?.id).to.be.greaterThan(first?.id ?? 0);
    });

    it('follows changes of size', async () => {
      for (const size of [512, 300, 512]) expect((await watch.see(portraitAt(size))).length, `at ${size}`).to.equal(1);
    });

    it('takes pictures over and closes them, wanted or not', async () => {
      const frames = [1, 2, 3].map((timestamp) => new VideoFrame(portraitAt(128), { timestamp }));
      for (const frame of frames) watch.tracker.offer(frame, frame.timestamp);
      watch.tracker.close();
      const late = new VideoFrame(portraitAt(128), { timestamp: 4 });
      watch.tracker.offer(late, 4);
      // A closed or transferred frame has no format.
      expect([...frames, late].map(({ format }) => format)).to.deep.equal([null, null, null, null]);
    });

    it('knows nothing before the first answer, and nothing of another source', async () => {
      expect(watch.tracker.facesAt(0)).to.equal(null);
      await watch.see(portraitAt(128));
      expect(watch.tracker.facesAt(FRAME)?.length).to.equal(1);
      watch.tracker.reset();
      expect(watch.tracker.facesAt(FRAME)).to.equal(null);
    });
  });

  it('serves several clients from one worker, and ends it with the last', async () => {
    const workers: Worker[] = [];
    const terminated: Worker[] = [];
    const { Worker: Original } = globalThis;
    globalThis.Worker = class extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        workers.push(this);
      }

      override terminate(): void {
        terminated.push(this);
        super.terminate();
      }
    };
    try {
      const opened = await Promise.all([openLandmarker(SETTINGS), openLandmarker(SETTINGS), openLandmarker({ ...SETTINGS, maxFaces: 2 })]);
      expect(workers.length).to.equal(1);
      for (const one of opened) {
        expect(terminated.length).to.equal(0);
        one.close();
        one.close();
      }
      expect(terminated).to.deep.equal(workers);
      const again = await openLandmarker(SETTINGS);
      expect(workers.length).to.equal(2);
      again.close();
      expect(terminated.length).to.equal(2);
    } finally {
      globalThis.Worker = Original;
    }
  });

  it('says that the model is missing, and what to do, and runs once it is there', async () => {
    const error = await rejection(openLandmarker({ ...SETTINGS, model: '/test-data/none.task' }));
    expect(error.code).to.equal('model-missing');
    expect(error.message).to.include('npm run models');
    (await openLandmarker(SETTINGS)).close();
  });

  it('says that what is there is no model', async () => {
    expect((await rejection(openLandmarker({ ...SETTINGS, model: '/test-data/face.png' }))).code).to.equal('model-missing');
  });

  it('says that the WebAssembly is missing', async () => {
    expect((await rejection(openLandmarker({ ...SETTINGS, wasm: '/test-data/nowhere' }))).code).to.equal('network');
  });

  it('finds a face in the drawing that delegates are tried on, and needs no WebGL for it', async () => {
    const { getContext } = OffscreenCanvas.prototype;
    const asked: string[] = [];
    OffscreenCanvas.prototype.getContext = function (this: OffscreenCanvas, kind: string, options?: unknown) {
      asked.push(kind);
      return kind.startsWith('webgl') ? null : Reflect.apply(getContext, this, [kind, options]);
    } as typeof getContext;
    try {
      const wasm = await loadMediaPipe(new URL(SETTINGS.wasm, location.href).href);
      const landmarker = await Landmarker.create({ wasm, model: await fetchModel(SETTINGS.model), delegate: 'CPU', maxFaces: 1 });
      const picture = drawFace() ?? expect.fail('no canvas');
      const found = [1, 2, 3].map((turn) => landmarker.detect(picture, turn * FRAME).length / (478 * 3));
      landmarker.close();
      expect(found).to.deep.equal([1, 1, 1]);
      expect(new Set(asked)).to.deep.equal(new Set(['2d']));
    } finally {
      OffscreenCanvas.prototype.getContext = getContext;
    }
  });
});
