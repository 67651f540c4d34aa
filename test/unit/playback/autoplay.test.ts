import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startPlayback } from '../../../src/playback/autoplay.ts';

/** A video in a browser that allows `allowed` to start by itself. */
function videoThatAllows(allowed: 'everything' | 'silence' | 'nothing', muted = false): HTMLVideoElement {
  const video = {
    muted,
    play: async () => {
      if (allowed === 'nothing' || (allowed === 'silence' && !video.muted)) throw new DOMException('no touch yet', 'NotAllowedError');
    },
  };
  return video as unknown as HTMLVideoElement;
}

describe('starting by itself', () => {
  it('keeps the sound where the browser allows it', async () => {
    const video = videoThatAllows('everything');
    assert.equal(await startPlayback(video), 'playing');
    assert.equal(video.muted, false);
  });

  it('is muted where the browser wants a touch first', async () => {
    const video = videoThatAllows('silence');
    assert.equal(await startPlayback(video), 'muted');
    assert.equal(video.muted, true);
  });

  it('is no news where the page had muted it already', async () => {
    assert.equal(await startPlayback(videoThatAllows('silence', true)), 'playing');
  });

  it('leaves the sound alone where nothing may start', async () => {
    const video = videoThatAllows('nothing');
    assert.equal(await startPlayback(video), 'blocked');
    assert.equal(video.muted, false);
  });

  it('does not mute because another load came in between', async () => {
    const video = videoThatAllows('everything');
    video.play = () => Promise.reject(new DOMException('a new load', 'AbortError'));
    assert.equal(await startPlayback(video), 'interrupted');
    assert.equal(video.muted, false);
  });
});
