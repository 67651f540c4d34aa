/** The Face Landmarker bundle that pages load: where it lies, and whether it is one. */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../../src/protocol/index.ts';
import { openIfThere } from '../recording/open-if-there.ts';

/** Below the data directory, where `glasscast-server models` puts it. */
export const fetchedModel = (data: string): string => join(data, 'models', 'face_landmarker.task');

export type FaceModelState = 'ready' | 'missing' | 'no-bundle';

export type OpenFaceModel =
  | { readonly state: 'ready'; readonly handle: FileHandle; readonly size: Bytes; readonly tag: string }
  | { readonly state: 'missing' | 'no-bundle' };

/** The directory of a zip stands at its end; the published bundle's has 300 bytes. */
const DIRECTORY_BYTES = 4096;
const END_OF_DIRECTORY = 'PK\x05\x06';
/** The part of the bundle that makes it one for faces: a truncated file, or a bundle for hands, has none there. */
const LANDMARKS_PART = 'face_landmarks_detector.tflite';

/** Looked at anew each time, so that it is served as soon as it was fetched. */
export class FaceModel {
  readonly path: string;

  constructor(settings: { readonly faceModel: string | null; readonly data: string }) {
    this.path = settings.faceModel ?? fetchedModel(settings.data);
  }

  /** Whoever gets a handle closes it. */
  async open(): Promise<OpenFaceModel> {
    const handle = await openIfThere(this.path);
    if (handle === null) return { state: 'missing' };
    try {
      const stat = await handle.stat();
      if (stat.isFile() && (await isBundle(handle, stat.size)))
        return { state: 'ready', handle, size: stat.size, tag: `${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}` };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return { state: 'no-bundle' };
  }

  async state(): Promise<FaceModelState> {
    const opened = await this.open();
    if (opened.state === 'ready') await opened.handle.close();
    return opened.state;
  }
}

async function isBundle(handle: FileHandle, size: Bytes): Promise<boolean> {
  const length = Math.min(size, DIRECTORY_BYTES);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  const directory = buffer.toString('latin1', 0, bytesRead);
  return directory.includes(END_OF_DIRECTORY) && directory.includes(LANDMARKS_PART);
}
