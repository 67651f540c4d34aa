/** MediaPipe's WebAssembly as it was installed, for pages: no other site is asked for it. */
import { createReadStream, type ReadStream, readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Bytes, VENDOR } from '../../../src/protocol/index.ts';

/** What its loader asks for: as a module or as a script, and without SIMD where there is none. */
export const WASM_FILES: readonly string[] = ['module_internal', 'internal', 'nosimd_internal'].flatMap((build) => [
  `vision_wasm_${build}.js`,
  `vision_wasm_${build}.wasm`,
]);

export type Coding = 'br' | 'gzip';

/** 11 MB become 2.7 MB in 0.4 s; the best that Brotli can do would save 0.1 MB more and take 20 s. */
const BROTLI_QUALITY = 6;
const packBrotli = promisify(brotliCompress);
const packGzip = promisify(gzip);

const pack: Record<Coding, (plain: Buffer) => Promise<Buffer>> = {
  br: (plain) =>
    packBrotli(plain, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: plain.byteLength },
    }),
  gzip: (plain) => packGzip(plain),
};

/** The version that pages are told of; its name is in the path, so that what is under it never changes. */
export const WASM_VERSION = VENDOR.wasm.replace(/^.*-(?=\d)/, '');

export class VisionWasm {
  readonly #folder: string;
  /** Compressed when it is first asked for, off the event loop, and kept: at most 9 MB for what browsers of today ask. */
  readonly #packed = new Map<string, Promise<Buffer>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The one of the installed package. Throws an Error that says what is wrong with it: a folder that is named for one version and holds another
   * would be kept by browsers for ever.
   */
  static installed(): VisionWasm {
    const folder = dirname(createRequire(import.meta.url).resolve('@mediapipe/tasks-vision'));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    if (version !== WASM_VERSION)
      throw new Error(`@mediapipe/tasks-vision ${String(version)} is installed, and pages ask for ${WASM_VERSION}`);
    return new VisionWasm(join(folder, 'wasm'));
  }

  /** As it lies there. */
  async plain(file: string): Promise<{ readonly size: Bytes; readonly stream: () => ReadStream }> {
    const path = join(this.#folder, file);
    const { size } = await stat(path);
    return { size, stream: () => createReadStream(path) };
  }

  packed(file: string, coding: Coding): Promise<Buffer> {
    const key = `${file} ${coding}`;
    const found = this.#packed.get(key);
    if (found !== undefined) return found;
    const packing = readFile(join(this.#folder, file)).then((plain) => pack[coding](plain));
    this.#packed.set(key, packing);
    // The next one tries again.
    packing.catch(() => this.#packed.delete(key));
    return packing;
  }
}
