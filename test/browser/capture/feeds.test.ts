/** Camera and microphone (Chromium's fake ones), and what becomes of their frames. */
import { expect } from '@open-wc/testing';
import { CaptureClock } from '../../../src/capture/capture-clock.ts';
import { FeedReader } from '../../../src/capture/feed-reader.ts';
import { openFeeds } from '../../../src/capture/track-feeds.ts';
import { wallClock } from '../../../src/capture/wall-clock.ts';

const REQUEST = { audio: true };

interface Captured {
  readonly stream: MediaStream;
  readonly video: MediaStreamTrack;
  readonly audio: MediaStreamTrack | null;
}

async function openCamera(request: { readonly audio: boolean }): Promise<Captured> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 30 }, audio: request.audio });
  const [video] = stream.getVideoTracks();
  if (video === undefined) throw new Error('no camera');
  return { stream, video, audio: stream.getAudioTracks()[0] ?? null };
}

const stopTracks = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop();
};

describe('feeds', () => {
  it('give frames of both tracks, and both clocks agree on the time', async () => {
    const media = await openCamera(REQUEST);
    const feeds = openFeeds(media);
    const clocks = { video: new CaptureClock(), audio: new CaptureClock() };
    const newest = { video: 0, audio: 0 };
    const settled = Promise.withResolvers<void>();
    const check = (): void => {
      if (clocks.video.settled && clocks.audio.settled) settled.resolve();
    };
    const video = new FeedReader(feeds.video, {
      frame: (frame) => {
        clocks.video.observe(frame.timestamp, wallClock());
        newest.video = frame.timestamp;
        frame.close();
        check();
      },
      ended: settled.reject,
    });
    const audio = new FeedReader(feeds.audio ?? expect.fail('no sound'), {
      frame: (block) => {
        const end = block.timestamp + (block.numberOfFrames * 1_000_000) / block.sampleRate;
        clocks.audio.observe(end, wallClock());
        newest.audio = end;
        block.close();
        check();
      },
      ended: settled.reject,
    });
    await settled.promise;
    const now = wallClock();
    // A fresh frame was captured just now, whatever its timestamp counts from.
    expect(clocks.video.wallTime(newest.video)).to.be.closeTo(now, 150);
    expect(clocks.audio.wallTime(newest.audio)).to.be.closeTo(now, 150);
    video.close();
    audio.close();
    stopTracks(media.stream);
  });

  it('end when the track ends', async () => {
    const media = await openCamera({ ...REQUEST, audio: false });
    const ended = Promise.withResolvers<unknown>();
    const reader = new FeedReader(openFeeds(media).video, { frame: (frame) => frame.close(), ended: ended.resolve });
    media.video.stop();
    await ended.promise;
    reader.close();
  });

  it('say nothing of an end that was asked for', async () => {
    const media = await openCamera({ ...REQUEST, audio: false });
    let ended = false;
    const first = Promise.withResolvers<void>();
    const reader = new FeedReader(openFeeds(media).video, {
      frame: (frame) => {
        frame.close();
        first.resolve();
      },
      ended: () => {
        ended = true;
      },
    });
    await first.promise;
    reader.close();
    stopTracks(media.stream);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    expect(ended).to.equal(false);
  });
});
