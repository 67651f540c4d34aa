/** `frames:<id>` (docs/frames.md): pictures in, faces out. */
import * as v from 'valibot';
import { describeIssues, FramesJoinSchema, LIMITS } from '../../../src/protocol/index.ts';
import {
  type Body,
  type Channel,
  type ChannelFamily,
  type ChannelPort,
  type JoinOutcome,
  ok,
  type Reply,
  refuse,
} from '../socket/channel.ts';
import { DetectionError } from '../vision/detection.ts';
import type { DetectionPool } from '../vision/detection-pool.ts';
import { maySendFrames } from '../vision/may-send-frames.ts';

export interface FramesFamilyOptions {
  /** Null where no pictures are looked at. */
  readonly detections: DetectionPool | null;
}

export function framesFamily({ detections }: FramesFamilyOptions): ChannelFamily {
  return {
    family: 'frames',
    maxTextBytes: LIMITS.textFrameBytes,
    join(params, port): JoinOutcome {
      const parsed = v.safeParse(FramesJoinSchema, params);
      if (!parsed.success) return { ok: false, response: { reason: 'invalid', details: describeIssues(parsed.issues) } };
      if (!maySendFrames(port.principal, port.name)) return { ok: false, response: { reason: 'unauthorized' } };
      if (detections === null) return { ok: false, response: { reason: 'unsupported', details: 'This server looks at no pictures.' } };
      return { ok: true, response: {}, channel: new FramesChannel(detections, port) };
    },
  };
}

class FramesChannel implements Channel {
  /** Two pictures at most are without an answer: the one that is looked at, and the newest. */
  readonly overlapping = true;
  readonly #detections: DetectionPool;
  readonly #port: ChannelPort;

  constructor(detections: DetectionPool, port: ChannelPort) {
    this.#detections = detections;
    this.#port = port;
  }

  async handle(event: string, payload: Body): Promise<Reply> {
    if (event !== 'frame') return refuse('invalid', { details: [{ path: 'event', message: 'whoever sends pictures may say frame' }] });
    if (!(payload instanceof Uint8Array)) return refuse('invalid', { details: [{ path: '', message: 'a picture is binary' }] });
    if (payload.byteLength > LIMITS.pictureBytes)
      return refuse('invalid', { details: [{ path: '', message: `a picture has at most ${LIMITS.pictureBytes} bytes` }] });
    try {
      // What waits is to hold no more than the picture: a message of a socket may lie in a larger buffer.
      const encoded = payload.slice();
      return ok({ ...(await this.#detections.detect({ encoded }, this.#port.signal, this)) });
    } catch (error) {
      if (!(error instanceof DetectionError)) throw error;
      // Nobody hears this: the channel has ended.
      if (error.reason === 'aborted') return refuse('server');
      return refuse(error.reason, error.reason === 'skipped' ? {} : { details: error.message });
    }
  }

  renewed(): void {
    if (!maySendFrames(this.#port.principal, this.#port.name)) this.#port.close();
  }

  left(): void {
    // The signal of the port has told the pool.
  }
}
