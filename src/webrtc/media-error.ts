import { type ErrorCode, GlasscastError } from '../protocol/errors.ts';
import type { CaptureKind } from './media-host.ts';

/** Names as of W3C Media Capture and Streams §10.2 and Screen Capture, with those that older browsers use. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  NotAllowedError: 'permission-denied',
  PermissionDeniedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'device-not-found',
  DevicesNotFoundError: 'device-not-found',
  OverconstrainedError: 'device-not-found',
  NotReadableError: 'device-in-use',
  TrackStartError: 'device-in-use',
  AbortError: 'device-in-use',
  InvalidStateError: 'media',
  TypeError: 'invalid',
};

/** What to call the device in a sentence. */
interface Names {
  /** As in “is blocked”. */
  readonly blocked: string;
  readonly the: string;
  readonly none: string;
  readonly it: string;
}

const NAMES: Readonly<Record<CaptureKind | 'both', Names>> = {
  audio: { blocked: 'The microphone is', the: 'the microphone', none: 'No microphone', it: 'it' },
  video: { blocked: 'The camera is', the: 'the camera', none: 'No camera', it: 'it' },
  both: { blocked: 'Camera and microphone are', the: 'camera and microphone', none: 'No camera and no microphone', it: 'them' },
};

/** For people, with what to do. */
const WORDS: Partial<Record<ErrorCode, (names: Names) => string>> = {
  'permission-denied': ({ blocked, it }) => `${blocked} blocked. Allow ${it} in the address bar, then try again.`,
  'permission-dismissed': ({ the }) => `The question about ${the} was closed. Try again and choose “Allow”.`,
  'device-not-found': ({ none }) => `${none} was found. Connect one, then try again.`,
  'device-in-use': ({ the }) => `Another program is using ${the}. Close it, then try again.`,
};

/** Chromium tells it apart in the message alone: the address bar does not help then. */
const BLOCKED_BY_SYSTEM =
  'This computer keeps camera and microphone from the browser. Allow them in the system’s settings, then try again.';

/** Whether the device that was chosen last is insisted on. */
export type Insistence = 'exact' | 'ideal';

export interface Considered {
  readonly error: GlasscastError;
  /** What to ask for instead, one after the other; empty where nothing is left to try. */
  readonly ways: readonly (readonly [kinds: readonly CaptureKind[], how?: Insistence])[];
}

/** What `getUserMedia` rejected with when it was asked for these kinds, and what may be had all the same. */
export function consider(
  cause: unknown,
  kinds: readonly CaptureKind[] = [],
  how: Insistence = 'exact',
  isChosen: (kind: CaptureKind) => boolean = () => false,
): Considered {
  const error = mediaError(cause, kinds);
  const isMissing = error.code === 'device-not-found';
  if (how === 'exact' && isMissing && kinds.some(isChosen)) return { error, ways: [[kinds, 'ideal']] };
  // One missing device fails the request for both: take what there is.
  const isOne = kinds.length > 1 && (isMissing || error.code === 'device-in-use');
  return { error, ways: isOne ? kinds.map((kind) => [[kind]] as const) : [] };
}

/** What `getUserMedia` rejected with when it was asked for these kinds, as an error of the public API. */
export function mediaError(cause: unknown, kinds: readonly CaptureKind[] = []): GlasscastError {
  if (cause instanceof GlasscastError) return cause;
  const { name, message } = wordsOf(cause);
  // Chromium tells a closed question apart from a refused one in the message alone.
  const dismissed = name === 'NotAllowedError' && /dismissed/i.test(message);
  const code = dismissed ? 'permission-dismissed' : (CODES[name] ?? 'media');
  const words = code === 'permission-denied' && /system/i.test(message) ? BLOCKED_BY_SYSTEM : WORDS[code]?.(namesOf(kinds));
  return new GlasscastError(code, words ?? message, { cause });
}

function namesOf(kinds: readonly CaptureKind[]): Names {
  const [kind, ...others] = kinds;
  return NAMES[kind === undefined || others.length > 0 ? 'both' : kind];
}

/** Name and message of what was thrown. Not all of it is an `Error`: in some browsers an OverconstrainedError is an object of its own. */
export function wordsOf(cause: unknown): { readonly name: string; readonly message: string } {
  const { name = '', message = cause } = (typeof cause === 'object' && cause !== null ? cause : {}) as {
    name?: unknown;
    message?: unknown;
  };
  return { name: String(name), message: String(message) };
}

/**
 * The browser's media devices.
 * @throws GlasscastError `insecure-context` on a page without https, `unsupported` where there are none
 */
export function mediaDevicesOf(scope: { readonly isSecureContext: boolean; readonly navigator: Navigator }): MediaDevices {
  // Typed as always there; browsers leave it out of insecure pages.
  const devices = scope.navigator.mediaDevices as MediaDevices | undefined;
  if (devices !== undefined) return devices;
  if (!scope.isSecureContext)
    throw new GlasscastError(
      'insecure-context',
      'Camera and microphone work only on secure pages. Open this page over https, or on localhost.',
    );
  throw new GlasscastError('unsupported', 'This browser gives pages no camera or microphone.');
}
