import { GlasscastError } from '../../protocol/errors.ts';
import type { Microseconds } from '../../protocol/units.ts';

/** The picture comes from another origin, without its permission. */
export const foreignPicture = (cause?: unknown): GlasscastError =>
  new GlasscastError(
    'invalid',
    'This video comes from another site, which does not let the page look at its pictures. Set crossorigin on the <video>, and let that site allow it (CORS).',
    { cause },
  );

/**
 * Takes hold of what a video shows, without copying it where the browser can. Whoever takes it closes it.
 * @throws GlasscastError `invalid` for a video of another site that does not allow it, `media` where there is no picture
 */
export async function grabPicture(video: HTMLVideoElement, timestamp: Microseconds): Promise<VideoFrame | ImageBitmap> {
  try {
    // WebCodecs are there on secure pages alone.
    if (typeof VideoFrame !== 'undefined') return new VideoFrame(video, { timestamp });
    checkReadable(video);
    return await createImageBitmap(video);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'SecurityError') throw foreignPicture(cause);
    throw new GlasscastError('media', 'The video has no picture that could be taken.', { cause });
  }
}

/** A bitmap of what may not be read is made all the same, and fails where nobody sees it. */
function checkReadable(video: HTMLVideoElement): void {
  if (typeof OffscreenCanvas === 'undefined') return;
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  context?.drawImage(video, 0, 0, 1, 1);
  context?.getImageData(0, 0, 1, 1);
}
