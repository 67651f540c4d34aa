/** The multivariant playlist of a session (RFC 8216bis §4.4.6): every figure as measured, not as announced (rule 26). */
import type { BitsPerSecond } from '../../../src/protocol/index.ts';
import type { RenditionInfo, TrackConfig } from '../hub/media.ts';
import { define, query, version } from './media-playlist.ts';

export interface MeasuredRendition {
  readonly info: RenditionInfo;
  readonly config: TrackConfig;
  readonly peak: BitsPerSecond;
  readonly average: BitsPerSecond;
  /** Frames a second. */
  readonly frameRate: number;
}

const AUDIO_GROUP = 'audio';

function streamInf(variant: MeasuredRendition, audio: MeasuredRendition | undefined): string {
  const { config } = variant;
  const codecs = audio === undefined ? config.codec : `${config.codec},${audio.config.codec}`;
  const attributes = [
    `BANDWIDTH=${variant.peak + (audio?.peak ?? 0)}`,
    `AVERAGE-BANDWIDTH=${variant.average + (audio?.average ?? 0)}`,
    `CODECS="${codecs}"`,
  ];
  if (config.kind === 'video') {
    attributes.push(`RESOLUTION=${config.width}x${config.height}`, `FRAME-RATE=${variant.frameRate.toFixed(3)}`);
  }
  if (audio !== undefined) attributes.push(`AUDIO="${AUDIO_GROUP}"`);
  return `#EXT-X-STREAM-INF:${attributes.join(',')}\n`;
}

export function multivariantPlaylist(sessionId: string, renditions: readonly MeasuredRendition[], token: boolean): string {
  const uri = (info: RenditionInfo): string => `${sessionId}/${info.id}/media.m3u8${query(token)}`;
  const videos = renditions.filter(({ info }) => info.kind === 'video');
  const audio = videos.length > 0 ? renditions.find(({ info }) => info.kind === 'audio') : undefined;
  let text = `#EXTM3U\n#EXT-X-VERSION:${version(token)}\n${define(token)}`;
  if (audio !== undefined && audio.config.kind === 'audio') {
    text += `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${AUDIO_GROUP}",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,`;
    text += `CHANNELS="${audio.config.channels}",URI="${uri(audio.info)}"\n`;
  }
  for (const variant of videos.length > 0 ? videos : renditions) text += `${streamInf(variant, audio)}${uri(variant.info)}\n`;
  return text;
}
