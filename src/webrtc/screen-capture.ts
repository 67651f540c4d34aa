import { GlasscastError } from '../protocol/errors.ts';
import { wordsOf } from './media-error.ts';
import type { MediaHost } from './media-host.ts';

/** Members that some browsers know, and the others ignore (W3C Screen Capture, and the extensions of Chromium). */
interface ScreenOptions extends DisplayMediaStreamOptions {
  readonly selfBrowserSurface: 'include' | 'exclude';
  readonly surfaceSwitching: 'include' | 'exclude';
  readonly systemAudio: 'include' | 'exclude';
}

const OPTIONS: ScreenOptions = {
  // Text is read, not watched: more pictures a second would be taken from its sharpness.
  video: { frameRate: { ideal: 30, max: 30 } },
  // Music and voices of a shared tab are no echo. `restrictOwnAudio` keeps the other participants' voices from going back to them.
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, ...{ restrictOwnAudio: true } },
  selfBrowserSurface: 'exclude',
  surfaceSwitching: 'include',
  systemAudio: 'include',
};

/**
 * Asks what to share, and puts it into the slots of the screen.
 * @param signal ends the share before it was chosen: what is chosen then is stopped at once
 * @throws GlasscastError `unsupported`, `insecure-context`, `permission-denied`, `device-in-use`, `invalid` without a recent click
 */
export async function shareScreen(host: MediaHost, signal: AbortSignal): Promise<void> {
  const stream = await chooseScreen(host.options.devices());
  if (stream === null) return;
  const [screen] = stream.getVideoTracks();
  if (signal.aborted || host.signal.aborted || screen === undefined) {
    for (const track of stream.getTracks()) track.stop();
    return;
  }
  // Without it a slow link keeps the motion and blurs the letters.
  screen.contentHint = 'detail';
  host.put('screen', screen);
  host.put('screenAudio', stream.getAudioTracks()[0] ?? null);
}

/** Null where the user chose nothing. */
async function chooseScreen(devices: MediaDevices | undefined): Promise<MediaStream | null> {
  // Phones have devices and no getDisplayMedia, though it is typed as always there.
  const choose = devices?.getDisplayMedia as MediaDevices['getDisplayMedia'] | undefined;
  if (devices === undefined || choose === undefined) {
    if (!globalThis.isSecureContext)
      throw new GlasscastError('insecure-context', 'A screen can be shared only on secure pages. Open this page over https.');
    throw new GlasscastError('unsupported', 'This browser cannot share the screen. Try it on a computer.');
  }
  try {
    return await choose.call(devices, OPTIONS);
  } catch (cause) {
    if (wasCancelled(cause)) return null;
    throw screenError(cause);
  }
}

/** Closing the question rejects with the name that a refusal by the system or by the page's own policy has, too. */
function wasCancelled(cause: unknown): boolean {
  const { name, message } = wordsOf(cause);
  return name === 'NotAllowedError' && !/system|polic|gesture|activation/i.test(message);
}

function screenError(cause: unknown): GlasscastError {
  const { name, message } = wordsOf(cause);
  if (name === 'InvalidStateError' || /gesture|activation/i.test(message))
    return new GlasscastError('invalid', 'Sharing the screen starts with a click. Press the button again.', { cause });
  if (name === 'NotAllowedError') {
    const words = /polic/i.test(message)
      ? 'This page is not allowed to share the screen. Open the call in a window of its own.'
      : 'The screen may not be recorded. Allow it in the settings of this computer, then try again.';
    return new GlasscastError('permission-denied', words, { cause });
  }
  if (name === 'NotReadableError' || name === 'AbortError')
    return new GlasscastError('device-in-use', 'The screen could not be recorded. Choose another window, then try again.', { cause });
  if (name === 'NotFoundError') return new GlasscastError('device-not-found', 'There is no screen to share.', { cause });
  return new GlasscastError('media', message, { cause });
}
