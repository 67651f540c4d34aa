/** The playlists of a recording (RFC 8216bis): EVENT while it is being made, VOD once it is over. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import { define, query } from '../packaging/media-playlist.ts';
import { bitrates, type Contents, newestInit } from './contents.ts';
import type { RecordedInit, RecordedRendition } from './recording-index.ts';

/** EXT-X-GAP needs version 8, EXT-X-DEFINE with QUERYPARAM version 11. */
const version = (token: boolean): number => (token ? 11 : 8);

export interface MediaPlaylistOptions {
  /** Server wall clock at zero of the timeline. */
  readonly zero: Milliseconds;
  readonly targetDuration: number;
  readonly ended: boolean;
  /** A token came in the playlist's own address and must reach every URI in it. */
  readonly token: boolean;
}

export function vodMediaPlaylist(id: string, { times }: Contents, options: MediaPlaylistOptions): string {
  const { ended, token, zero } = options;
  const suffix = query(token);
  let body = '';
  let target = options.targetDuration;
  let independent = true;
  let epoch = -1;
  for (const { discontinuity, tracks } of times) {
    const track = tracks.find(({ rendition }) => rendition.info.id === id);
    // Whoever has an entry has one for each time before it, so that discontinuities are counted alike.
    if (track === undefined) break;
    if (discontinuity) body += '#EXT-X-DISCONTINUITY\n';
    const { segment, playable, rendition } = track;
    const { timescale } = rendition.info;
    if (playable && (segment.epoch !== epoch || discontinuity)) {
      epoch = segment.epoch;
      body += `#EXT-X-MAP:URI="init-${epoch}.mp4${suffix}"\n`;
    }
    body += `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(zero + (segment.start * 1000) / timescale)).toISOString()}\n`;
    if (!playable) body += '#EXT-X-GAP\n';
    else if (!segment.independent) independent = false;
    const duration = segment.duration / timescale;
    target = Math.max(target, Math.round(duration));
    body += `#EXTINF:${duration.toFixed(5)},\nseg-${segment.msn}.m4s${suffix}\n`;
  }
  const head = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version(token)}`,
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-PLAYLIST-TYPE:${ended ? 'VOD' : 'EVENT'}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-DISCONTINUITY-SEQUENCE:0',
    ...(independent ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
  ];
  return `${head.join('\n')}\n${define(token)}${body}${ended ? '#EXT-X-ENDLIST\n' : ''}`;
}

const AUDIO_GROUP = 'audio';

export function vodMultivariantPlaylist(contents: Contents, token: boolean): string {
  const uri = ({ info }: RecordedRendition): string => `${info.id}/media.m3u8${query(token)}`;
  const videos = contents.renditions.filter(({ info }) => info.kind === 'video');
  const audio = videos.length > 0 ? contents.renditions.find(({ info }) => info.kind === 'audio') : undefined;
  const sound = audio === undefined ? undefined : newestInit(audio);
  let text = `#EXTM3U\n#EXT-X-VERSION:${version(token)}\n${define(token)}`;
  if (audio !== undefined) {
    const channels = sound?.channels === undefined ? '' : `CHANNELS="${sound.channels}",`;
    text += `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${AUDIO_GROUP}",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,${channels}URI="${uri(audio)}"\n`;
  }
  const soundRates = audio === undefined ? { peak: 0, average: 0 } : bitrates(contents, audio.info.id);
  for (const rendition of videos.length > 0 ? videos : contents.renditions) {
    const init = newestInit(rendition);
    if (init === undefined) continue;
    const { peak, average } = bitrates(contents, rendition.info.id);
    const attributes = [
      `BANDWIDTH=${peak + soundRates.peak}`,
      `AVERAGE-BANDWIDTH=${average + soundRates.average}`,
      `CODECS="${[init.codec, ...(sound === undefined ? [] : [sound.codec])].join()}"`,
      ...pictureAttributes(rendition, init),
      ...(audio === undefined ? [] : [`AUDIO="${AUDIO_GROUP}"`]),
    ];
    text += `#EXT-X-STREAM-INF:${attributes.join()}\n${uri(rendition)}\n`;
  }
  return text;
}

function pictureAttributes({ info }: RecordedRendition, { width, height, frameDuration }: RecordedInit): string[] {
  if (width === undefined || height === undefined) return [];
  return [`RESOLUTION=${width}x${height}`, `FRAME-RATE=${(info.timescale / Math.max(frameDuration, 1)).toFixed(3)}`];
}
