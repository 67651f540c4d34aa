import { GlasscastError } from '../protocol/errors.ts';
import type { CapturedMedia } from './devices.ts';
import type { MediaFeeds } from './publisher-events.ts';

/** @throws GlasscastError `unsupported` where the browser lacks WebCodecs or the processor, `insecure-context` on such a page */
export function requireEncoders(): void {
  if (typeof MediaStreamTrackProcessor !== 'undefined' && typeof VideoEncoder !== 'undefined' && typeof AudioEncoder !== 'undefined')
    return;
  throw isSecureContext
    ? new GlasscastError('unsupported', 'This browser cannot encode live video yet. Use a current Chrome, Edge or another Chromium.')
    : new GlasscastError('insecure-context', 'Broadcasting works only on pages opened over https or on localhost.');
}

/**
 * The tracks as streams of frames. They are made on the page, since Chromium has no MediaStreamTrackProcessor in workers and cannot
 * transfer tracks; the streams can be transferred, and from then on run past the page's main thread. To be called when whoever reads
 * them is ready: what gathers until then is stale.
 */
export function openFeeds(media: CapturedMedia): MediaFeeds {
  return {
    video: new MediaStreamTrackProcessor({ track: media.video as MediaStreamVideoTrack }).readable,
    audio: media.audio === null ? null : new MediaStreamTrackProcessor({ track: media.audio as MediaStreamAudioTrack }).readable,
  };
}
