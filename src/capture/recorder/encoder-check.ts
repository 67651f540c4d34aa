import type { Milliseconds } from '../../protocol/units.ts';

/** Small enough to take no time, large enough for every encoder. */
const SIZE = { width: 320, height: 240 } as const;
const CODEC = 'avc1.42e014';

/** A context that does not run by then has no device to run by. */
const START_PATIENCE: Milliseconds = 2_500;

let known: Promise<boolean> | undefined;

/** Whether frames can be encoded here, by encoding one: what a browser says of itself is not always so. */
export function encodesFrames(): Promise<boolean> {
  known ??= encodesOne().catch(() => false);
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
    void context.close();
  }
}

async function encodesOne(): Promise<boolean> {
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
  let bytes = 0;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      bytes += chunk.byteLength;
    },
    error: () => undefined, // flush() rejects with it
  });
  try {
    encoder.configure(config);
    const data = new Uint8Array((SIZE.width * SIZE.height * 3) / 2);
    const frame = new VideoFrame(data, { format: 'I420', codedWidth: SIZE.width, codedHeight: SIZE.height, timestamp: 0 });
    encoder.encode(frame, { keyFrame: true });
    frame.close();
    await encoder.flush();
    return bytes > 0;
  } finally {
    if (encoder.state !== 'closed') encoder.close();
  }
}
