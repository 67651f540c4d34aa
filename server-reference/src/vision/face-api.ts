/**
 * `@vladmandic/face-api` on TensorFlow's WebAssembly backend, without what it does not need.
 *
 * Its build for this backend asks for `@tensorflow/tfjs`, which brings layers, data sets, converters and the WebGL backend: 290 MB on the disk. What
 * it uses of them all is in `@tensorflow/tfjs-core`. So its one file is compiled here with a `require` of ours, which hands it the core
 * instead. The whole package would also have put operators onto tensors as methods: the few that are called so are put there below.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import type * as Wasm from '@tensorflow/tfjs-backend-wasm';
import type * as Core from '@tensorflow/tfjs-core';

export interface FaceApiBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One face, in pixels of the tensor that was given. */
export interface FaceApiFace {
  readonly detection: { readonly box: FaceApiBox; readonly score: number };
  readonly landmarks: { readonly positions: readonly { readonly x: number; readonly y: number }[] };
}

interface Net {
  loadFromDisk(folder: string): Promise<void>;
}

/** What is used of the package. */
export interface FaceApi {
  readonly nets: { readonly tinyFaceDetector: Net; readonly faceLandmark68Net: Net };
  readonly TinyFaceDetectorOptions: new (options: { readonly inputSize: number; readonly scoreThreshold: number }) => object;
  detectAllFaces(input: Core.Tensor3D, options: object): { withFaceLandmarks(): PromiseLike<FaceApiFace[]> };
}

export type TensorFlow = typeof Core;

/** The operators that the package calls as methods of a tensor. */
const METHODS = ['add', 'cast', 'clipByValue', 'div', 'expandDims', 'mean', 'mul', 'reshape', 'slice', 'sub', 'transpose'] as const;

const require = createRequire(import.meta.url);

/** Loads the package, its backend and the two models that are used, from the disk alone. */
export async function loadFaceApi(): Promise<{ readonly tf: TensorFlow; readonly faceApi: FaceApi }> {
  const tf = require('@tensorflow/tfjs-core') as TensorFlow;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof Wasm;
  chain(tf);
  // One thread: pictures are spread over threads of ours, each with a backend of its own.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error("TensorFlow's WebAssembly backend does not start");
  await tf.ready();
  const faceApi = compile(require.resolve('@vladmandic/face-api/dist/face-api.node-wasm.js'));
  const models = join(dirname(require.resolve('@vladmandic/face-api/package.json')), 'model');
  await faceApi.nets.tinyFaceDetector.loadFromDisk(models);
  await faceApi.nets.faceLandmark68Net.loadFromDisk(models);
  return { tf, faceApi };
}

/** Runs a CommonJS file as Node does, but for what it requires. */
function compile(file: string): FaceApi {
  const module = { exports: {} };
  const run = compileFunction(readFileSync(file, 'utf8'), ['exports', 'require', 'module'], { filename: file });
  const own = createRequire(file);
  run(module.exports, (name: string): unknown => own(name === '@tensorflow/tfjs' ? '@tensorflow/tfjs-core' : name), module);
  return module.exports as FaceApi;
}

function chain(tf: TensorFlow): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const operators = tf as unknown as Record<string, (tensor: Core.Tensor, ...rest: unknown[]) => unknown>;
  const add = (name: string, method: (this: Core.Tensor, ...rest: unknown[]) => unknown): void => {
    if (prototype[name] === undefined) prototype[name] = method;
  };
  for (const name of METHODS) {
    const operator = operators[name];
    if (operator === undefined) throw new Error(`@tensorflow/tfjs-core has no ${name}`);
    add(name, function (...rest) {
      return operator(this, ...rest);
    });
  }
  for (const [index, name] of ['as1D', 'as2D', 'as3D', 'as4D'].entries())
    add(name, function (...shape) {
      return tf.reshape(this, index === 0 ? [this.size] : (shape as number[]));
    });
}
