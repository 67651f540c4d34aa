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

interface AudioGroup {
  readonly id: string;
  readonly rendition: MeasuredRendition;
}

/** One group a codec, so that each variant says what it takes to play it. */
function audioGroups(renditions: readonly MeasuredRendition[]): AudioGroup[] {
  const sounds = renditions.filter(({ info }) => info.kind === 'audio');
  return sounds.map((rendition, index) => ({ id: index === 0 ? 'audio' : `audio-${rendition.info.family}`, rendition }));
}

/**
 * RFC 8216bis §4.4.6.2: of the variants that a client can play and has the bandwidth for, it prefers the one with the greatest SCORE.
 * Better pictures count for more than sound, and the sound that was sent for more than what is made of it, whatever its bit rate.
 *
 * @param worse how many layers have fewer bits than this one
 */
const score = (worse: number, sent: boolean): string => (2 * worse + (sent ? 2 : 1)).toFixed(1);

function streamInf(video: MeasuredRendition | undefined, audio: AudioGroup | undefined, points: string): string {
  const members = [video, audio?.rendition].filter((rendition) => rendition !== undefined);
  const sum = (of: (rendition: MeasuredRendition) => number): number => members.reduce((total, rendition) => total + of(rendition), 0);
  const attributes = [
    `BANDWIDTH=${sum(({ peak }) => peak)}`,
    `AVERAGE-BANDWIDTH=${sum(({ average }) => average)}`,
    `SCORE=${points}`,
    `CODECS="${members.map(({ config }) => config.codec).join(',')}"`,
  ];
  if (video?.config.kind === 'video') {
    const { width, height } = video.config;
    attributes.push(`RESOLUTION=${width}x${height}`, `FRAME-RATE=${video.frameRate.toFixed(3)}`);
  }
  if (audio !== undefined) attributes.push(`AUDIO="${audio.id}"`);
  return `#EXT-X-STREAM-INF:${attributes.join(',')}\n`;
}

export function multivariantPlaylist(sessionId: string, renditions: readonly MeasuredRendition[], token: boolean): string {
  const uri = (info: RenditionInfo): string => `${sessionId}/${info.id}/media.m3u8${query(token)}`;
  const videos = renditions.filter(({ info }) => info.kind === 'video');
  const groups = audioGroups(renditions);
  let text = `#EXTM3U\n#EXT-X-VERSION:${version(token)}\n${define(token)}`;
  for (const { id, rendition } of groups) {
    if (rendition.config.kind !== 'audio') continue;
    text += `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${id}",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,`;
    text += `CHANNELS="${rendition.config.channels}",URI="${uri(rendition.info)}"\n`;
  }
  // What was sent comes before what is made of it, and pictures before sound alone: players begin with the first variant.
  for (const group of groups.length === 0 ? [undefined] : groups) {
    const sent = group === groups[0];
    for (const video of videos) {
      const worse = 1 + videos.filter(({ peak }) => peak < video.peak).length;
      text += `${streamInf(video, group, score(worse, sent))}${uri(video.info)}\n`;
    }
  }
  for (const group of groups) text += `${streamInf(undefined, group, score(0, group === groups[0]))}${uri(group.rendition.info)}\n`;
  return text;
}
