import { GlasscastError } from '../protocol/errors.ts';
import { openSoundWorkletFeed } from './feeds/sound-worklet-feed.ts';
import { openVideoElementFeed } from './feeds/video-element-feed.ts';
import type { MediaFeeds } from './publisher-events.ts';

export interface CapturedTracks {
  readonly video: MediaStreamTrack;
  /** Null where there is no sound. */
  readonly audio: MediaStreamTrack | null;
}

/** The tracks behind feeds: what a recorder takes instead of frames. */
const tracks = new WeakMap<ReadableStream, MediaStreamTrack>();

/** Whether feeds can go to a worker. Those that are made on the page stay there: each frame would have to be copied. */
export const feedsAreTransferable = (): boolean => typeof MediaStreamTrackProcessor !== 'undefined';

/** @throws GlasscastError `unsupported` where the browser can neither encode nor record, `insecure-context` on such a page */
export function requireEncoders(): void {
  const encodes = typeof VideoEncoder !== 'undefined' && typeof AudioEncoder !== 'undefined' && typeof VideoFrame !== 'undefined';
  if (encodes || typeof MediaRecorder !== 'undefined') return;
  throw isSecureContext
    ? new GlasscastError('unsupported', 'This browser cannot encode live video yet. Use a current Chrome, Edge, Firefox or Safari.')
    : new GlasscastError('insecure-context', 'Broadcasting works only on pages opened over https or on localhost.');
}

/**
 * A track as a stream of frames. It is made on the page, since Chromium has no MediaStreamTrackProcessor in workers and cannot
 * transfer tracks; the stream can be transferred, and from then on runs past the page's main thread. To be called when whoever reads
 * it is ready: what gathers until then is stale. Where there is no such processor, as in Firefox and Safari, a hidden video element shows the
 * track and its frames are taken from there.
 */
export function openVideoFeed(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  const feed = feedsAreTransferable()
    ? new MediaStreamTrackProcessor({ track: track as MediaStreamVideoTrack }).readable
    : openVideoElementFeed(track);
  tracks.set(feed, track);
  return feed;
}

/** Likewise for sound, which an AudioWorklet takes from the track where there is no processor. */
export function openAudioFeed(track: MediaStreamTrack): ReadableStream<AudioData> {
  const feed = feedsAreTransferable()
    ? new MediaStreamTrackProcessor({ track: track as MediaStreamAudioTrack }).readable
    : openSoundWorkletFeed(track);
  tracks.set(feed, track);
  return feed;
}

export function openFeeds({ video, audio }: CapturedTracks): MediaFeeds {
  return { video: openVideoFeed(video), audio: audio === null ? null : openAudioFeed(audio) };
}

/** Null for a feed that was not made here. */
export const trackOf = (feed: ReadableStream): MediaStreamTrack | null => tracks.get(feed) ?? null;
