/** What makes landmarkers in a worker: files fetched once, the delegate tried once, however many clients there are. */
import { GlasscastError } from '../../protocol/errors.ts';
import { chooseDelegate } from './delegate-choice.ts';
import { drawFace } from './drawn-face.ts';
import { fetchModel } from './face-model.ts';
import { hasGpu } from './gpu-presence.ts';
import { Landmarker, loadMediaPipe, type MediaPipeWasm } from './mediapipe.ts';
import type { Delegate, LandmarkerSettings } from './messages.ts';

interface Ready {
  readonly wasm: MediaPipeWasm;
  readonly model: Uint8Array;
  readonly delegate: Delegate;
}

export class LandmarkerSource {
  readonly #wasm = new Map<string, Promise<MediaPipeWasm>>();
  readonly #models = new Map<string, Promise<Uint8Array>>();
  readonly #ready = new Map<string, Promise<Ready>>();

  /**
   * @param lost the GPU is gone; make another one with `avoidGpu`
   * @throws GlasscastError `model-missing`, `network`, `unsupported`
   */
  async make(settings: LandmarkerSettings, lost: () => void, avoidGpu = false): Promise<Landmarker> {
    const { wasm, model, delegate } = await once(this.#ready, `${settings.wasm} ${settings.model}`, () => this.#prepare(settings));
    const { maxFaces } = settings;
    return Landmarker.create({ wasm, model, delegate: avoidGpu ? 'CPU' : delegate, maxFaces, lost }).catch((cause) => {
      throw refused(settings.model, cause);
    });
  }

  async #prepare({ wasm: folder, model: address }: LandmarkerSettings): Promise<Ready> {
    const [wasm, model] = await Promise.all([
      once(this.#wasm, folder, () => loadMediaPipe(folder)),
      once(this.#models, address, () => fetchModel(address)),
    ]);
    let failure: unknown;
    const verdict = await tryDelegates(wasm, model, (cause) => {
      failure ??= cause;
    });
    if (verdict === null) throw refused(address, failure);
    return { wasm, model, delegate: verdict };
  }
}

const refused = (address: string, cause: unknown): GlasscastError =>
  new GlasscastError(
    'model-missing',
    `MediaPipe could not run the face model at ${address}. It has to be a face_landmarker.task of version 1.`,
    {
      cause,
    },
  );

/** Runs each delegate on a drawn face. Null where none of them runs; the reasons are told. */
async function tryDelegates(wasm: MediaPipeWasm, model: Uint8Array, failed: (cause: unknown) => void): Promise<Delegate | null> {
  const picture = drawFace();
  if (picture === null) throw new GlasscastError('unsupported', 'This browser gives no canvas to a worker, which detection needs.');
  const verdict = await chooseDelegate({
    now: () => performance.now(),
    make: async (delegate) => {
      if (delegate === 'GPU' && !hasGpu()) return null;
      try {
        const landmarker = await Landmarker.create({ wasm, model, delegate, maxFaces: 1 });
        let timestamp = 0;
        return {
          delegate,
          detect: () => {
            timestamp += 33_000;
            landmarker.detect(picture, timestamp);
          },
          close: () => landmarker.close(),
        };
      } catch (cause) {
        failed(cause);
        return null;
      }
    },
  });
  return verdict?.delegate ?? null;
}

/** What the map holds, or is made now; a failure is forgotten, so that it can be tried again. */
function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = made.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  made.set(key, fresh);
  fresh.catch(() => made.delete(key));
  return fresh;
}
