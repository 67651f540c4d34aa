/**
 * Browsers let a page start with sound only after the viewer has touched it. `blocked`: not even silent playback may start.
 */
export type StartOutcome = 'playing' | 'muted' | 'blocked' | 'interrupted';

/** Starts playback, with sound if allowed, else muted. */
export async function startPlayback(video: HTMLVideoElement): Promise<StartOutcome> {
  const first = await tryToPlay(video);
  if (first !== 'blocked' || video.muted) return first;
  video.muted = true;
  const second = await tryToPlay(video);
  if (second === 'playing') return 'muted';
  video.muted = false;
  return second;
}

async function tryToPlay(video: HTMLVideoElement): Promise<'playing' | 'blocked' | 'interrupted'> {
  try {
    await video.play();
    return 'playing';
  } catch (cause) {
    // HTML, "play()": NotAllowedError is the policy; anything else means that a pause or another load came in between.
    return cause instanceof DOMException && cause.name === 'NotAllowedError' ? 'blocked' : 'interrupted';
  }
}
