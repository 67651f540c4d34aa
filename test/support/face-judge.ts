/**
 * Looks at pictures as somebody else would: MediaPipe itself, in a page of its own that loads nothing of this project, says where a face is and
 * where its contours should be; the picture's pixels say where they are.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'puppeteer-core';
import type { Chromium } from './chromium.ts';
import { faceModel } from './face-model.ts';

/** As MediaPipe names them. */
export type ContourSet =
  | 'FACE_OVAL'
  | 'LEFT_EYE'
  | 'RIGHT_EYE'
  | 'LEFT_EYEBROW'
  | 'RIGHT_EYEBROW'
  | 'LIPS'
  | 'LEFT_IRIS'
  | 'RIGHT_IRIS'
  | 'TESSELATION';

export interface Verdict {
  readonly faces: number;
  /** In pixels, from ear to ear; of the smallest. */
  readonly faceWidth: number;
  /** Pixels of the colour in the whole picture. */
  readonly coloured: number;
  /** Share of the points along the contours that have the colour near them; of the face that has least. */
  readonly drawn: number;
  /** Share of the coloured pixels that lie beyond all faces. */
  readonly stray: number;
}

export interface Eyes {
  readonly left: readonly [x: number, y: number];
  readonly right: readonly [x: number, y: number];
  /** All of it, and the face's width, in shares of the picture's. */
  readonly faceWidth: number;
  readonly width: number;
  readonly height: number;
}

const TYPES: Record<string, string> = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>Face judge</title><link rel="icon" href="data:,"><script type="module" src="/judge.js"></script>';

export class FaceJudge {
  readonly origin: string;
  readonly #page: Page;
  readonly #stop: () => void;

  private constructor(origin: string, page: Page, stop: () => void) {
    this.origin = origin;
    this.#page = page;
    this.#stop = stop;
  }

  static async open(chromium: Chromium): Promise<FaceJudge> {
    const model = faceModel();
    if (model === undefined) throw new Error('there is no face model');
    const folder = path.dirname(createRequire(import.meta.url).resolve('@mediapipe/tasks-vision'));
    const site = createServer(({ url = '/' }, response) => {
      const file = url === '/model' ? model : path.join(folder, path.normalize(url));
      if (url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
      else if (url === '/judge.js') response.setHeader('content-type', 'text/javascript').end(`(${installJudge})();`);
      else if (!existsSync(file)) response.writeHead(404).end();
      else createReadStream(file).pipe(response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream'));
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    // Not as pages of ours are opened: MediaPipe says as errors what are none.
    const page = await chromium.browser.newPage({ type: 'window' });
    await page.goto(origin);
    await page.waitForFunction(() => 'judge' in globalThis, { polling: 50, timeout: 30_000 });
    return new FaceJudge(origin, page, () => {
      site.close();
      site.closeAllConnections();
    });
  }

  /** `picture` is a data URL; the colour is as strong as colours are, such as magenta: each part of it 0 or 255. */
  contours(picture: string, sets: readonly ContourSet[], colour: readonly [red: number, green: number, blue: number]): Promise<Verdict> {
    return this.#page.evaluate((...given) => judge.contours(...given), picture, sets, colour);
  }

  eyes(picture: string): Promise<Eyes | null> {
    return this.#page.evaluate((given) => judge.eyes(given), picture);
  }

  async close(): Promise<void> {
    this.#stop();
    if (this.#page.browser().connected) await this.#page.close();
  }
}

interface Judge {
  contours(picture: string, sets: readonly ContourSet[], colour: readonly [number, number, number]): Promise<Verdict>;
  eyes(picture: string): Promise<Eyes | null>;
}

declare global {
  var judge: Judge;
}

/** Runs in the page, on its own. */
async function installJudge(): Promise<void> {
  interface Point {
    readonly x: number;
    readonly y: number;
  }
  interface Connection {
    readonly start: number;
    readonly end: number;
  }
  interface Landmarker {
    detect(picture: ImageBitmap): { readonly faceLandmarks: Point[][] };
  }
  interface Vision {
    FilesetResolver: { forVisionTasks(folder: string): Promise<unknown> };
    FaceLandmarker: Record<`FACE_LANDMARKS_${ContourSet}`, Connection[]> & {
      createFromOptions(files: unknown, options: object): Promise<Landmarker>;
    };
  }
  const bundle = '/vision_bundle.mjs';
  const { FaceLandmarker, FilesetResolver } = (await import(bundle)) as Vision;
  const landmarker = await FaceLandmarker.createFromOptions(await FilesetResolver.forVisionTasks('/wasm'), {
    baseOptions: { modelAssetPath: '/model', delegate: 'CPU' },
    runningMode: 'IMAGE',
    numFaces: 10,
  });

  // By an element and not by a blob, which a browser short of memory may fail to hand over.
  const decode = async (picture: string): Promise<ImageBitmap> => {
    const image = new Image();
    image.src = picture;
    await image.decode().catch((error: unknown) => {
      throw new Error(`A picture of ${picture.length} characters could not be decoded: ${picture.slice(0, 80)}…`, { cause: error });
    });
    return createImageBitmap(image);
  };

  const pixelsOf = (bitmap: ImageBitmap): Uint8ClampedArray => {
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    if (context === null) throw new Error('no 2d context');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  };

  const widthOf = (points: Point[]): number => {
    const across = points.map(({ x }) => x);
    return Math.max(...across) - Math.min(...across);
  };

  globalThis.judge = {
    async contours(picture, sets, colour) {
      const bitmap = await decode(picture);
      const { width, height } = bitmap;
      const data = pixelsOf(bitmap);
      // Lines lose colour on their way through an encoder, which keeps a quarter of it: what is left is near to what was drawn, in each part.
      const isColoured = (x: number, y: number): boolean =>
        colour.every((part, index) => Math.abs(part - (data[(y * width + x) * 4 + index] ?? 0)) < 120);
      const { faceLandmarks } = landmarker.detect(bitmap);
      const hasColourNear = (px: number, py: number, near: number): boolean => {
        for (let y = Math.max(0, py - near); y <= Math.min(height - 1, py + near); y++)
          for (let x = Math.max(0, px - near); x <= Math.min(width - 1, px + near); x++) if (isColoured(x, y)) return true;
        return false;
      };
      const faces = faceLandmarks.map((points) => {
        const faceWidth = widthOf(points) * width;
        const near = Math.max(3, Math.round(faceWidth * 0.04));
        const margin = faceWidth * 0.08;
        const across = points.map(({ x }) => x * width);
        const down = points.map(({ y }) => y * height);
        let expected = 0;
        let found = 0;
        for (const { start, end } of sets.flatMap((set) => FaceLandmarker[`FACE_LANDMARKS_${set}`])) {
          const from = points[start];
          const to = points[end];
          if (from === undefined || to === undefined) continue;
          for (const share of [0, 0.5]) {
            const x = Math.round((from.x + (to.x - from.x) * share) * width);
            const y = Math.round((from.y + (to.y - from.y) * share) * height);
            if (x < 0 || y < 0 || x >= width || y >= height) continue;
            expected++;
            if (hasColourNear(x, y, near)) found++;
          }
        }
        return {
          faceWidth,
          drawn: expected === 0 ? 0 : found / expected,
          left: Math.min(...across) - margin,
          right: Math.max(...across) + margin,
          top: Math.min(...down) - margin,
          bottom: Math.max(...down) + margin,
        };
      });
      const isOnFace = (x: number, y: number): boolean =>
        faces.some(({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom);
      let coloured = 0;
      let off = 0;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          if (!isColoured(x, y)) continue;
          coloured++;
          if (!isOnFace(x, y)) off++;
        }
      }
      return {
        faces: faces.length,
        faceWidth: Math.min(...faces.map(({ faceWidth }) => faceWidth)),
        coloured,
        drawn: faces.length === 0 ? 0 : Math.min(...faces.map(({ drawn }) => drawn)),
        stray: coloured === 0 ? 0 : off / coloured,
      };
    },

    async eyes(picture) {
      const bitmap = await decode(picture);
      const [points] = landmarker.detect(bitmap).faceLandmarks;
      if (points === undefined) return null;
      const middle = (set: ContourSet): [number, number] => {
        const indices = [...new Set(FaceLandmarker[`FACE_LANDMARKS_${set}`].flatMap(({ start, end }) => [start, end]))];
        const mean = (axis: 'x' | 'y'): number => indices.reduce((sum, index) => sum + (points[index]?.[axis] ?? 0), 0) / indices.length;
        return [mean('x'), mean('y')];
      };
      return {
        left: middle('LEFT_IRIS'),
        right: middle('RIGHT_IRIS'),
        faceWidth: widthOf(points),
        width: bitmap.width,
        height: bitmap.height,
      };
    },
  };
}
