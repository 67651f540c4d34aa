/** MediaPipe's Face Landmarker: loading its WebAssembly, and making one. */
import { FaceLandmarker, type ImageSource } from '@mediapipe/tasks-vision';
import { GlasscastError } from '../../protocol/errors.ts';
import type { Microseconds } from '../../protocol/units.ts';
import { LANDMARKS } from '../face.ts';
import { fetchFile } from './face-model.ts';
import type { Delegate } from './messages.ts';
import { PictureReader } from './picture-reader.ts';
import { RisingClock } from './rising-clock.ts';
import { type StoredPicture, textureCanvas } from './texture-store.ts';

type ModuleFactory = (options: object) => Promise<object>;

interface MediaPipeScope {
  /** MediaPipe's package takes it from here, and clears it afterwards. */
  ModuleFactory?: ModuleFactory | undefined;
  Module?: object | undefined;
  /** Where the loader sends what it would write to the console. */
  custom_dbg?: (text: string) => void;
}

const scope = globalThis as typeof globalThis & MediaPipeScope;

/** The loader and the compiled binary, shared by all landmarkers of a worker. */
export interface MediaPipeWasm {
  readonly factory: ModuleFactory;
  readonly module: WebAssembly.Module;
}

/**
 * Fetches and compiles MediaPipe's WebAssembly, as what the page's policy allows: a module of `script-src`, and `'wasm-unsafe-eval'`.
 * The package itself would try `importScripts` first, which a module worker and Trusted Types refuse aloud.
 * @throws GlasscastError `network`, `unsupported`
 */
export async function loadMediaPipe(folder: string): Promise<MediaPipeWasm> {
  const [factory, module] = await Promise.all([
    importLoader(`${folder}/vision_wasm_module_internal.js`),
    compileBinary(`${folder}/vision_wasm_module_internal.wasm`),
  ]);
  // It reports on its own start as warnings; what matters arrives as an exception.
  scope.custom_dbg = () => {};
  return { factory, module };
}

async function importLoader(address: string): Promise<ModuleFactory> {
  try {
    const loader = (await import(/* @vite-ignore */ address)) as { default: ModuleFactory };
    return loader.default;
  } catch (cause) {
    throw new GlasscastError(
      'network',
      `MediaPipe's loader could not be had from ${address}. It has to be there, and the page's policy has to allow it in script-src.`,
      { cause },
    );
  }
}

async function compileBinary(address: string): Promise<WebAssembly.Module> {
  const response = await fetchFile(address, "MediaPipe's WebAssembly");
  if (!response.ok) {
    await response.body?.cancel();
    throw new GlasscastError(
      'network',
      `MediaPipe's WebAssembly is not at ${address} (status ${response.status}). Set wasm to its folder.`,
    );
  }
  try {
    // Streaming wants the right media type, which a plain file server may not give.
    if (response.headers.get('content-type')?.startsWith('application/wasm')) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw new GlasscastError(
      'unsupported',
      "This browser refused MediaPipe's WebAssembly. The page's policy has to allow 'wasm-unsafe-eval' in script-src.",
      { cause },
    );
  }
}

export interface LandmarkerOptions {
  readonly wasm: MediaPipeWasm;
  readonly model: Uint8Array;
  readonly delegate: Delegate;
  readonly maxFaces: number;
  /** The GPU is gone; this landmarker finds nothing any more. */
  readonly lost?: () => void;
}

/** Since the package hands its module over through globals, one is made after the other. */
let turn: Promise<unknown> = Promise.resolve();

/** One landmarker that follows the faces of one source. */
export class Landmarker {
  readonly delegate: Delegate;
  readonly #inner: FaceLandmarker;
  readonly #canvas: OffscreenCanvas;
  readonly #reader = new PictureReader();
  readonly #clock = new RisingClock();

  private constructor(inner: FaceLandmarker, canvas: OffscreenCanvas, delegate: Delegate) {
    this.#inner = inner;
    this.#canvas = canvas;
    this.delegate = delegate;
  }

  /** @throws whatever MediaPipe throws: a model that is none, no GPU, no memory */
  static create(options: LandmarkerOptions): Promise<Landmarker> {
    const made = turn.then(() => Landmarker.#create(options));
    turn = made.catch(() => {});
    return made;
  }

  static async #create({ wasm, model, delegate, maxFaces, lost }: LandmarkerOptions): Promise<Landmarker> {
    const canvas = delegate === 'CPU' ? textureCanvas() : new OffscreenCanvas(1, 1);
    if (lost !== undefined) canvas.addEventListener('webglcontextlost', lost);
    scope.ModuleFactory = wasm.factory;
    const inner = await new Promise<FaceLandmarker>((resolve, reject) => {
      scope.Module = { print() {}, printErr() {}, instantiateWasm: instantiate(wasm.module, reject) };
      FaceLandmarker.createFromOptions(
        // No loader to load: it is set above.
        { wasmLoaderPath: '', wasmBinaryPath: '' },
        { canvas, baseOptions: { delegate, modelAssetBuffer: model }, runningMode: 'VIDEO', numFaces: maxFaces },
      ).then(resolve, reject);
    });
    return new Landmarker(inner, canvas, delegate);
  }

  /** The landmarks of all faces, one after another. The picture remains the caller's. */
  detect(picture: VideoFrame | ImageBitmap | OffscreenCanvas, timestamp: Microseconds): Float32Array {
    const source: ImageSource | StoredPicture = this.delegate === 'CPU' ? this.#reader.read(picture) : picture;
    const { faceLandmarks } = this.#inner.detectForVideo(source as ImageSource, this.#clock.at(timestamp));
    const packed = new Float32Array(faceLandmarks.length * LANDMARKS * 3);
    let at = 0;
    for (const face of faceLandmarks) {
      for (let index = 0; index < LANDMARKS; index += 1) {
        const point = face[index];
        packed[at++] = point?.x ?? 0;
        packed[at++] = point?.y ?? 0;
        packed[at++] = point?.z ?? 0;
      }
    }
    return packed;
  }

  close(): void {
    try {
      this.#inner.close();
    } catch {
      // One that has crashed cannot be closed either; its memory goes with the last reference.
    }
    if (this.delegate === 'GPU') this.#canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** The package waits for the instance alone: without memory for one it would wait for ever. */
const instantiate =
  (module: WebAssembly.Module, refuse: (cause: unknown) => void) =>
  (imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void): object => {
    WebAssembly.instantiate(module, imports).then((instance) => receive(instance, module), refuse);
    return {};
  };
