/** Everything that samples, sends and hears, loaded when the first picture is to be sent. */
import type { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds, Seconds } from '../../protocol/units.ts';
import { backgroundTimers } from '../../workers/background-timers.ts';
import { ChannelFrameSender } from './channel-frame-sender.ts';
import { FrameEncoder } from './frame-encoder.ts';
import { type FrameCounts, FrameLoop, type FrameLoopHandler } from './frame-loop.ts';
import type { FrameSender, FrameSenderOptions } from './frame-sender.ts';
import { HttpFrameSender } from './http-frame-sender.ts';

export type FrameTransport = 'channel' | 'http' | 'multipart';

export interface FramesOptions extends Omit<FrameSenderOptions, 'timers' | 'trouble'> {
  readonly transport: FrameTransport;
  readonly interval: Milliseconds;
  /** Of pictures that are sent, in pixels; asked anew for each. */
  readonly width: () => number;
  /** What is looked at; asked anew for each picture. */
  readonly video: () => HTMLVideoElement | null;
  readonly canvas: () => HTMLCanvasElement;
  readonly workerUrl?: string | undefined;
  readonly handler: FrameLoopHandler;
}

export interface Frames {
  readonly counts: FrameCounts;
  /** Where pictures are encoded: null before the first one. */
  readonly encodesIn: 'worker' | 'page' | null;
  setInterval(interval: Milliseconds): void;
  setToken(token: string | undefined): void;
  /** Frees everything; nothing is told afterwards. */
  close(): void;
}

interface Picture {
  readonly video: HTMLVideoElement;
  readonly position: Seconds;
}

/** Samples the video and sends what it shows, until closed. */
export function openFrames(options: FramesOptions): Frames {
  const timers = backgroundTimers();
  const { handler } = options;
  const trouble = (error: GlasscastError): void => {
    if (loop.state !== 'idle') handler.error(error);
  };
  const sender = openSender(options.transport, { ...options, timers, trouble });
  const encoder = new FrameEncoder({ ...options, timers });
  /** The picture under way, and the newest that was answered: one that stands still is sent until it is. */
  let taken: Picture | null = null;
  let answered: Picture | null = null;
  const loop = new FrameLoop({
    timers,
    now: () => performance.now(),
    take: async () => {
      const video = options.video();
      if (video === null || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
      if (video.paused && video === answered?.video && video.currentTime === answered.position) return null;
      taken = { video, position: video.currentTime };
      return await encoder.encode(video, options.width());
    },
    sender,
    handler: {
      state: (state) => handler.state(state),
      error: (error) => handler.error(error),
      failed: (error) => handler.failed(error),
      result: (result) => {
        answered = taken;
        handler.result(result);
      },
    },
    interval: options.interval,
  });
  loop.start();
  return {
    get counts() {
      return loop.counts;
    },
    get encodesIn() {
      return encoder.runsIn;
    },
    setInterval: (interval) => loop.setInterval(interval),
    setToken: (token) => sender.setToken(token),
    close: () => {
      loop.stop();
      sender.close();
      encoder.close();
    },
  };
}

function openSender(transport: FrameTransport, options: FrameSenderOptions): FrameSender {
  if (transport === 'channel') return new ChannelFrameSender(options);
  return new HttpFrameSender(options, transport === 'multipart');
}
