import { GlasscastError } from '../protocol/errors.ts';
import type { BitsPerSecond } from '../protocol/units.ts';
import { h264Candidates, type PictureFormat } from './h264-level.ts';

export type VideoProbe = (config: VideoEncoderConfig) => Promise<boolean>;
export type AudioProbe = (config: AudioEncoderConfig) => Promise<boolean>;

export const probeVideo: VideoProbe = async (config) => (await VideoEncoder.isConfigSupported(config)).supported === true;
export const probeAudio: AudioProbe = async (config) => (await AudioEncoder.isConfigSupported(config)).supported === true;

export const OPUS_FRAME_MICROSECONDS = 20_000;

/** The first configuration that this browser encodes. @throws GlasscastError `codec-unsupported` */
export async function videoConfig(format: PictureFormat, codec: string, supported: VideoProbe = probeVideo): Promise<VideoEncoderConfig> {
  const codecs = codec === 'auto' ? h264Candidates(format) : [codec];
  for (const candidate of codecs) {
    // A constant rate is what an uplink can plan with; some hardware knows only the variable one.
    for (const bitrateMode of ['constant', 'variable'] as const) {
      const config: VideoEncoderConfig = {
        codec: candidate,
        width: format.width,
        height: format.height,
        framerate: format.frameRate,
        bitrate: format.bitrate,
        bitrateMode,
        latencyMode: 'realtime',
        hardwareAcceleration: 'no-preference',
        avc: { format: 'avc' },
      };
      if (await isSupported(supported, config)) return config;
    }
  }
  throw new GlasscastError(
    'codec-unsupported',
    `This browser cannot encode H.264 at ${format.width}x${format.height}${codec === 'auto' ? '' : ` as ${codec}`}. Try a smaller picture or another browser.`,
  );
}

export interface SoundFormat {
  readonly sampleRate: number;
  readonly channels: number;
}

/** Opus in frames of 20 ms, or AAC where the browser has no Opus. @throws GlasscastError `codec-unsupported` */
export async function audioConfig(format: SoundFormat, supported: AudioProbe = probeAudio): Promise<AudioEncoderConfig> {
  const bitrate: BitsPerSecond = format.channels > 1 ? 96_000 : 64_000;
  const common = { sampleRate: format.sampleRate, numberOfChannels: format.channels, bitrate };
  const candidates: AudioEncoderConfig[] = [
    { ...common, codec: 'opus', opus: { frameDuration: OPUS_FRAME_MICROSECONDS } },
    { ...common, codec: 'mp4a.40.2' },
  ];
  for (const config of candidates) if (await isSupported(supported, config)) return config;
  throw new GlasscastError('codec-unsupported', 'This browser can encode sound neither as Opus nor as AAC.');
}

/** A configuration that the browser finds invalid rather than unsupported throws; for a probe both mean no. */
async function isSupported<C>(supported: (config: C) => Promise<boolean>, config: C): Promise<boolean> {
  try {
    return await supported(config);
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
