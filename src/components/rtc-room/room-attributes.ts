import * as v from 'valibot';
import { type IceServer, IceServerSchema } from '../../protocol/messages/room.ts';

/**
 * The attribute `ice-servers`: JSON as RTCPeerConnection takes it, or addresses separated by spaces or commas.
 * Undefined where it says nothing usable.
 */
export function parseIceServers(text: string | null): readonly IceServer[] | undefined {
  const value = text?.trim() ?? '';
  if (value === '') return undefined;
  if (!value.startsWith('[') && !value.startsWith('{')) {
    const urls = value.split(/[\s,]+/).filter((url) => /^(stun|turn)s?:/i.test(url));
    return urls.length === 0 ? undefined : urls.map((url) => ({ urls: url }));
  }
  try {
    const parsed: unknown = JSON.parse(value);
    const checked = v.safeParse(v.array(IceServerSchema), Array.isArray(parsed) ? parsed : [parsed]);
    return checked.success ? checked.output : undefined;
  } catch {
    return undefined;
  }
}

export interface CaptureSize {
  readonly width: number | null;
  readonly height: number | null;
  readonly frameRate: number | null;
}

const DEFAULT_CAPTURE = { width: 1280, height: 720, frameRate: 30 };

/** All ideals, so that a camera that has no such mode still opens. */
export function videoConstraints({ width, height, frameRate }: CaptureSize): MediaTrackConstraints {
  return {
    width: { ideal: width ?? DEFAULT_CAPTURE.width },
    height: { ideal: height ?? DEFAULT_CAPTURE.height },
    frameRate: { ideal: frameRate ?? DEFAULT_CAPTURE.frameRate },
  };
}

/** For a numeric attribute: a positive number, or null. */
export function positiveNumber(text: string | null): number | null {
  const value = Number(text);
  return text !== null && Number.isFinite(value) && value > 0 ? value : null;
}
