import type { CaptureRequest } from '../../capture/devices.ts';
import type { EncodingOptions } from '../../capture/publisher-options.ts';

/** What the attributes of `<rtc-broadcaster>` ask for, as they stand. */
export interface BroadcasterAttributes {
  readonly captureWidth: number;
  readonly captureHeight: number;
  readonly frameRate: number;
  readonly bitrate: number;
  readonly keyframeInterval: number;
  readonly codec: string;
  readonly transport: string;
  readonly noAudio: boolean;
}

interface NumberRule {
  readonly attribute: string;
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

export const DEFAULTS = { captureWidth: 1280, captureHeight: 720, frameRate: 30, bitrate: 2_000_000, keyframeInterval: 2 } as const;

const RULES = {
  captureWidth: { attribute: 'capture-width', min: 16, max: 4096, fallback: DEFAULTS.captureWidth },
  captureHeight: { attribute: 'capture-height', min: 16, max: 4096, fallback: DEFAULTS.captureHeight },
  frameRate: { attribute: 'frame-rate', min: 1, max: 120, fallback: DEFAULTS.frameRate },
  bitrate: { attribute: 'bitrate', min: 50_000, max: 100_000_000, fallback: DEFAULTS.bitrate },
  keyframeInterval: { attribute: 'keyframe-interval', min: 0.5, max: 20, fallback: DEFAULTS.keyframeInterval },
} as const satisfies Record<string, NumberRule>;

const H264 = /^avc[13]\.[0-9a-f]{6}$/i;

/**
 * Turns attributes into what the capture room understands. Values that make no sense warn and fall back; none throws.
 * @param warn called with a sentence for each of them
 */
export function readSettings(
  attributes: BroadcasterAttributes,
  warn: (message: string) => void,
): { readonly capture: CaptureRequest; readonly encoding: EncodingOptions } {
  const number = (name: keyof typeof RULES): number => {
    const { attribute, min, max, fallback } = RULES[name];
    const value = attributes[name];
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    warn(`${attribute} must be a number from ${min} to ${max}; using ${fallback}.`);
    return fallback;
  };
  if (attributes.transport !== 'auto' && attributes.transport !== 'channel') {
    warn(`transport="${attributes.transport}" is not known; using auto.`);
  }
  return {
    capture: {
      width: Math.round(number('captureWidth')),
      height: Math.round(number('captureHeight')),
      frameRate: number('frameRate'),
      audio: !attributes.noAudio,
    },
    encoding: {
      codec: readCodec(attributes.codec, warn),
      bitrate: Math.round(number('bitrate')),
      frameRate: number('frameRate'),
      keyFrameInterval: number('keyframeInterval'),
    },
  };
}

function readCodec(codec: string, warn: (message: string) => void): string {
  if (codec === 'auto' || codec === 'h264') return 'auto';
  if (H264.test(codec)) return codec;
  warn(`codec="${codec}" is not known; using auto.`);
  return 'auto';
}
