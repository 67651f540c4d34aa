import type { ErrorData } from 'hls.js';
import { ErrorDetails, ErrorTypes } from 'hls.js';
import { GlasscastError } from '../protocol/index.ts';
import type { EngineFailure } from './engine.ts';

const CODEC_DETAILS: readonly ErrorDetails[] = [
  ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR,
  ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR,
  ErrorDetails.BUFFER_ADD_CODEC_ERROR,
];

/** A fatal error of hls.js in our terms. */
export function failureOf(data: ErrorData): EngineFailure {
  const status = data.response?.code ?? null;
  const cause = data.error;
  if (CODEC_DETAILS.includes(data.details)) {
    const error = new GlasscastError('codec-unsupported', 'This browser cannot decode the broadcast.', { cause, details: data.details });
    return { kind: 'media', status, error };
  }
  if (data.type === ErrorTypes.NETWORK_ERROR) {
    const unauthorized = status === 401 || status === 403;
    const error = unauthorized
      ? new GlasscastError('unauthorized', 'This broadcast needs a token that allows watching it.', { cause, details: data.details })
      : new GlasscastError('network', 'The broadcast could not be loaded.', { cause, details: data.details });
    return { kind: 'source', status, error };
  }
  return { kind: 'media', status, error: new GlasscastError('media', 'Playback failed.', { cause, details: data.details }) };
}
