import type { BroadcastSettings } from '../../capture/broadcast-handler.ts';
import type { StreamOverlay } from '../../protocol/messages/stream.ts';
import { drawnOnServer } from '../../ui/overlay-names.ts';

/** What the attributes of `<rtc-broadcaster>` ask for, as they stand. */
export interface BroadcasterAttributes {
  readonly captureWidth: number;
  readonly captureHeight: number;
  readonly frameRate: number;
  readonly bitrate: number;
  readonly layers: number;
  readonly keyframeInterval: number;
  readonly codec: string;
  readonly transport: string;
  readonly overlay: string | null;
  readonly noAudio: boolean;
  readonly noEchoCancellation: boolean;
  readonly noNoiseSuppression: boolean;
  readonly noAutoGain: boolean;
  readonly record: boolean;
  readonly streamTitle: string;
  readonly streamDescription: string;
}

interface NumberRule {
  readonly attribute: string;
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

export const DEFAULTS = {
  captureWidth: 1280,
  captureHeight: 720,
  frameRate: 30,
  bitrate: 2_000_000,
  layers: 1,
  keyframeInterval: 2,
} as const;

const RULES = {
  captureWidth: { attribute: 'capture-width', min: 16, max: 4096, fallback: DEFAULTS.captureWidth },
  captureHeight: { attribute: 'capture-height', min: 16, max: 4096, fallback: DEFAULTS.captureHeight },
  frameRate: { attribute: 'frame-rate', min: 1, max: 120, fallback: DEFAULTS.frameRate },
  bitrate: { attribute: 'bitrate', min: 50_000, max: 100_000_000, fallback: DEFAULTS.bitrate },
  layers: { attribute: 'layers', min: 1, max: 3, fallback: DEFAULTS.layers },
  keyframeInterval: { attribute: 'keyframe-interval', min: 0.5, max: 20, fallback: DEFAULTS.keyframeInterval },
} as const satisfies Record<string, NumberRule>;

const SERVER_FACES: StreamOverlay = 'server:faces';

const H264 = /^avc[13]\.[0-9a-f]{6}$/i;
const TRANSPORTS = ['auto', 'channel', 'http'] as const;

/** What the server keeps of a title and a description, in characters. */
export const TITLE_LENGTH = 200;
export const DESCRIPTION_LENGTH = 2000;

type ReadSettings = Pick<BroadcastSettings, 'capture' | 'encoding'> & {
  readonly uplink: Pick<BroadcastSettings['uplink'], 'transport' | 'record' | 'info' | 'overlay'>;
};

/**
 * Turns attributes into what the capture room understands. Values that make no sense warn and fall back; none throws.
 * @param warn called with a sentence for each of them
 */
export function readSettings(attributes: BroadcasterAttributes, warn: (message: string) => void): ReadSettings {
  const number = (name: keyof typeof RULES): number => {
    const { attribute, min, max, fallback } = RULES[name];
    const value = attributes[name];
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    warn(`${attribute} must be a number from ${min} to ${max}; using ${fallback}.`);
    return fallback;
  };
  const serverOverlay = readServerOverlay(attributes.overlay, warn);
  const transport = TRANSPORTS.find((name) => name === attributes.transport);
  if (transport === undefined) warn(`transport="${attributes.transport}" is not known; using auto.`);
  return {
    capture: {
      width: Math.round(number('captureWidth')),
      height: Math.round(number('captureHeight')),
      frameRate: number('frameRate'),
      audio: !attributes.noAudio,
      echoCancellation: !attributes.noEchoCancellation,
      noiseSuppression: !attributes.noNoiseSuppression,
      autoGainControl: !attributes.noAutoGain,
    },
    encoding: {
      ...readCodec(attributes.codec, warn),
      bitrate: Math.round(number('bitrate')),
      frameRate: number('frameRate'),
      keyFrameInterval: number('keyframeInterval'),
      // Of several only the largest would be drawn on, and the rest sent for nothing.
      layers: serverOverlay === undefined ? (Math.round(number('layers')) as 1 | 2 | 3) : 1,
      // Cameras and screens may come larger than they were asked for.
      maxSize: { width: Math.round(number('captureWidth')), height: Math.round(number('captureHeight')) },
    },
    uplink: {
      transport: transport ?? 'auto',
      record: attributes.record,
      ...(serverOverlay === undefined ? {} : { overlay: serverOverlay }),
      info: {
        title: attributes.streamTitle.slice(0, TITLE_LENGTH),
        description: attributes.streamDescription.slice(0, DESCRIPTION_LENGTH),
      },
    },
  };
}

function readServerOverlay(overlay: string | null, warn: (message: string) => void): StreamOverlay | undefined {
  const asked = drawnOnServer(overlay);
  for (const name of asked) if (name !== SERVER_FACES) warn(`overlay: the server draws no “${name}”.`);
  return asked.includes(SERVER_FACES) ? SERVER_FACES : undefined;
}

function readCodec(codec: string, warn: (message: string) => void): Pick<BroadcastSettings['encoding'], 'codec' | 'tier'> {
  if (codec === 'webcodecs' || codec === 'recorder') return { codec: 'auto', tier: codec };
  if (H264.test(codec)) return { codec, tier: 'auto' };
  if (codec !== 'auto' && codec !== 'h264') warn(`codec="${codec}" is not known; using auto.`);
  return { codec: 'auto', tier: 'auto' };
}
