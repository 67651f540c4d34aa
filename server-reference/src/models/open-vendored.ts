/** What a server gives to pages that find faces, looked at once when it starts. */
import { ConfigError } from '../config/config-error.ts';
import type { Log } from '../telemetry/log.ts';
import { FaceModel, type FaceModelState } from './face-model.ts';
import { VisionWasm } from './vision-wasm.ts';

export interface Vendored {
  /** Null where what is installed is not what pages ask for. */
  readonly wasm: VisionWasm | null;
  readonly faceModel: FaceModel;
  /** Whether there was a model; it may be fetched later. */
  readonly ready: boolean;
}

/** Throws {@link ConfigError} for a model that was named and is none. Calls and streams need none of it, so all else is a warning. */
export async function openVendored(settings: { readonly faceModel: string | null; readonly data: string }, log: Log): Promise<Vendored> {
  const faceModel = new FaceModel(settings);
  const problem = problemOf(await faceModel.state().catch((error: unknown) => messageOf(error)));
  if (settings.faceModel !== null && problem !== null)
    throw new ConfigError(
      `--face-model ${settings.faceModel}: ${problem}. Name a face_landmarker.task, or leave it out and run: glasscast-server models`,
    );
  if (problem !== null && problem !== MISSING) log.warn({ file: faceModel.path, problem }, 'no face model; run: glasscast-server models');
  return { wasm: installedWasm(log), faceModel, ready: problem === null };
}

const MISSING = 'there is no such file';

function problemOf(state: FaceModelState | string): string | null {
  switch (state) {
    case 'ready':
      return null;
    case 'missing':
      return MISSING;
    case 'no-bundle':
      return 'that is no Face Landmarker bundle';
    default:
      return state;
  }
}

function installedWasm(log: Log): VisionWasm | null {
  try {
    return VisionWasm.installed();
  } catch (error) {
    log.warn({ err: error }, 'pages cannot find faces: @mediapipe/tasks-vision is not installed as it should be');
    return null;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
