/** Camera and microphone (Chromium's fake ones), and what becomes of their frames. */
import { expect } from '@open-wc/testing';
import { CaptureClock } from '../../../src/capture/capture-clock.ts';
import { openCamera, stopTracks } from '../../../src/capture/devices.ts';
import { FeedReader } from '../../../src/capture/feed-reader.ts';
import { openFeeds } from '../../../src/capture/track-feeds.ts';
import { wallClock } from '../../../src/capture/wall-clock.ts';

const REQUEST = { width: 640, height: 480, frameRate: 30, audio: true };

describe('openCamera', () => {
  it('opens camera and microphone', async () => {
    const media = await openCamera(REQUEST, new AbortController().signal);
    expect(media.video.kind).to.equal('video');
    expect(media.audio?.kind).to.equal('audio');
    stopTracks(media.stream);
  });

  it('does not open the microphone when no sound is wanted', async () => {
    const media = await openCamera({ ...REQUEST, audio: false }, new AbortController().signal);
    expect(media.audio).to.equal(null);
    stopTracks(media.stream);
  });

  it('stops what the prompt grants after it was aborted', async () => {
    const abort = new AbortController();
    const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const granted: MediaStream[] = [];
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await original(constraints);
      granted.push(stream);
      abort.abort();
      return stream;
    };
    try {
      await openCamera(REQUEST, abort.signal).then(
        () => expect.fail('it opened'),
        (error: unknown) => expect(error).to.have.property('code', 'aborted'),
      );
      const tracks = granted.flatMap((stream) => stream.getTracks());
      expect(tracks.map(({ readyState }) => readyState)).to.deep.equal(['ended', 'ended']);
    } finally {
      navigator.mediaDevices.getUserMedia = original;
    }
  });
});

describe('feeds', () => {
  it('give frames of both tracks, and both clocks agree on the time', async () => {
    const media = await openCamera(REQUEST, new AbortController().signal);
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
    const media = await openCamera({ ...REQUEST, audio: false }, new AbortController().signal);
    const ended = Promise.withResolvers<unknown>();
    const reader = new FeedReader(openFeeds(media).video, { frame: (frame) => frame.close(), ended: ended.resolve });
    media.video.stop();
    await ended.promise;
    reader.close();
  });

  it('say nothing of an end that was asked for', async () => {
    const media = await openCamera({ ...REQUEST, audio: false }, new AbortController().signal);
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
