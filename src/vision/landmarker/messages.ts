/** What the landmarker's worker is told and tells: on its own channel by the page that started it, and on a port a client. */
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Microseconds, Milliseconds } from '../../protocol/units.ts';
import type { DetectionFigures } from '../face.ts';

export type Delegate = DetectionFigures['delegate'];

/** What a client's landmarker runs on; addresses are absolute. */
export interface LandmarkerSettings {
  readonly model: string;
  readonly wasm: string;
  readonly maxFaces: number;
}

/** From the page to the worker. */
export type ToLandmarkerWorker =
  | { readonly type: 'open'; readonly client: number; readonly port: MessagePort; readonly settings: LandmarkerSettings }
  | { readonly type: 'close'; readonly client: number };

/** From the worker to the page: once for each `open`. */
export type FromLandmarkerWorker =
  | { readonly type: 'ready'; readonly client: number }
  | { readonly type: 'failed'; readonly client: number; readonly code: ErrorCode; readonly message: string };

/** From a client: a picture, which is transferred and closed by the worker. */
export interface DetectRequest {
  readonly type: 'detect';
  readonly id: number;
  readonly timestamp: Microseconds;
  readonly picture: VideoFrame | ImageBitmap;
}

/** To a client. Each request is answered once, unless the landmarker fails first. */
export type DetectAnswer =
  | {
      readonly type: 'faces';
      readonly id: number;
      /** One after another, three numbers a point, as in `Face.landmarks`. */
      readonly landmarks: Float32Array;
      readonly faces: number;
      readonly took: Milliseconds;
      readonly delegate: Delegate;
    }
  /** This picture could not be looked at; the next one can. */
  | { readonly type: 'missed'; readonly id: number }
  /** It is over for this client. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };
