import type { Ticks } from '../../protocol/units.ts';

export function silentBlock(
  format: { readonly sampleRate: number; readonly channels: number },
  frames: number,
  timestamp: Ticks,
): AudioData {
  return new AudioData({
    format: 'f32-planar',
    sampleRate: format.sampleRate,
    numberOfFrames: frames,
    numberOfChannels: format.channels,
    timestamp,
    data: new Float32Array(frames * format.channels),
  });
}

/** The block at another time; closes the one that was given, unless it is the same. */
export function retimed(block: AudioData, timestamp: Ticks): AudioData {
  if (block.timestamp === timestamp) return block;
  const { numberOfFrames, numberOfChannels, sampleRate } = block;
  const data = new Float32Array(numberOfFrames * numberOfChannels);
  for (let channel = 0; channel < numberOfChannels; channel++) {
    const plane = data.subarray(channel * numberOfFrames, (channel + 1) * numberOfFrames);
    block.copyTo(plane, { planeIndex: channel, format: 'f32-planar' });
  }
  block.close();
  return new AudioData({ format: 'f32-planar', sampleRate, numberOfFrames, numberOfChannels, timestamp, data });
}
