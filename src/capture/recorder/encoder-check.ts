import type { Milliseconds } from '../../protocol/units.ts';

/** Small enough to take no time, large enough for every encoder. */
const SIZE = { width: 320, height: 240 } as const;
const CODEC = 'avc1.42e014';

/**
 * Pictures that go in while the first is waited for. Some encoders hold back more, whatever is asked of them (Firefox with x264: 41, that is
 * 1.4 s): a recorder is faster.
 */
const PICTURES = 8;
const INTERVAL = 33_333;
const FIRST_PATIENCE: Milliseconds = 1_500;

/** A context that does not run by then has no device to run by. */
const START_PATIENCE: Milliseconds = 2_500;

let known: Promise<boolean> | undefined;

/** Whether frames can be encoded here as they come, by encoding some: what a browser says of itself is not always so. */
export function encodesFrames(): Promise<boolean> {
  // Whatever an encoder throws at a trial, it does not encode.
  known ??= encodesAsTheyCome().catch(() => false);
  return known;
}

/**
 * Whether an AudioContext runs, which is what takes the sound of tracks that have no processor. In Firefox none does on a computer without a
 * loudspeaker; a recorder hears all the same.
 */
export async function runsSound(): Promise<boolean> {
  const context = new AudioContext();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), START_PATIENCE);
  try {
    context.resume().then(
      () => resolve(true),
      () => resolve(false),
    );
    return await promise;
  } finally {
    clearTimeout(timer);
    // Rejects only where it is closed already, and nobody else does that.
    void context.close();
  }
}

async function encodesAsTheyCome(): Promise<boolean> {
  if (typeof VideoEncoder === 'undefined' || typeof AudioEncoder === 'undefined' || typeof VideoFrame === 'undefined') return false;
  const config: VideoEncoderConfig = {
    ...SIZE,
    codec: CODEC,
    bitrate: 200_000,
    framerate: 30,
    latencyMode: 'realtime',
    avc: { format: 'avc' },
  };
  if ((await VideoEncoder.isConfigSupported(config)).supported !== true) return false;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const encoder = new VideoEncoder({ output: ({ byteLength }) => resolve(byteLength > 0), error: reject });
  const timer = setTimeout(() => resolve(false), FIRST_PATIENCE);
  try {
    encoder.configure(config);
    const data = new Uint8Array((SIZE.width * SIZE.height * 3) / 2);
    for (let index = 0; index < PICTURES; index++) {
      const format = { format: 'I420', codedWidth: SIZE.width, codedHeight: SIZE.height, timestamp: index * INTERVAL } as const;
      const frame = new VideoFrame(data, format);
      encoder.encode(frame, { keyFrame: index === 0 });
      frame.close();
    }
    return await promise;
  } finally {
    clearTimeout(timer);
    if (encoder.state !== 'closed') encoder.close();
  }
}
