/** What the detection pool and its threads say to each other, and to whoever asks. */
import type { FramesReply } from '../../../src/protocol/index.ts';
import type { Picture } from './detector.ts';

/** As it was sent: WebP, JPEG or PNG. */
export interface EncodedPicture {
  readonly encoded: Uint8Array;
}

export type AnyPicture = Picture | EncodedPicture;

export type Detection = FramesReply;

/**
 * Why a picture has no answer. `invalid`: it is none, or too large; `skipped`: its sender sent a newer one before its turn came; `limit`: too many
 * wait; `server`: the detector fails, or the server ends; `aborted`: nobody wants the answer any more.
 */
export type DetectionFailure = 'invalid' | 'skipped' | 'limit' | 'server' | 'aborted';

export class DetectionError extends Error {
  readonly reason: DetectionFailure;

  constructor(reason: DetectionFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DetectionError';
    this.reason = reason;
  }
}

/** What a thread is started with. */
export interface ThreadData {
  /** The module of a detector, as an address; null for the one that ships. */
  readonly detector: string | null;
}

/** What a thread says. `ready` once, or `unusable` once; then one answer a picture. */
export type ThreadMessage =
  | { readonly type: 'ready' }
  /** The detector could not be made. */
  | { readonly type: 'unusable'; readonly message: string }
  | { readonly type: 'found'; readonly detection: Detection }
  | { readonly type: 'refused'; readonly message: string }
  /** The detector threw, or its answer is none. */
  | { readonly type: 'broken'; readonly message: string };
