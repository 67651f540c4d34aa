/** Serves to browser tests, below `/test-data/`, what they cannot reach: files beside the project, and MediaPipe's as they are. */
import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { faceModel, facePortrait } from './face-model.ts';

/** As much of Koa's context as is used. */
interface Context {
  readonly path: string;
  status: number;
  type: string;
  body: unknown;
}

const WASM = path.resolve(import.meta.dirname, '../../node_modules/@mediapipe/tasks-vision/wasm');

function fileFor(name: string): string | undefined {
  if (name === 'face_landmarker.task') return faceModel();
  if (name === 'face.png') return facePortrait();
  const wasm = /^tasks-vision\/(\w+\.(?:js|wasm))$/.exec(name)?.[1];
  return wasm === undefined ? undefined : path.join(WASM, wasm);
}

/** Answers 404 for what is missing; tests then skip with words. */
export function testData(context: Context, next: () => Promise<void>): Promise<void> | undefined {
  const name = /^\/test-data\/(.+)$/.exec(context.path)?.[1];
  if (name === undefined) return next();
  const file = fileFor(name);
  if (file === undefined || !existsSync(file)) {
    context.status = 404;
    return undefined;
  }
  context.type = path.extname(file);
  context.body = createReadStream(file);
  return undefined;
}
