import type { Container } from '../../protocol/messages/stream.ts';
import type { Seconds } from '../../protocol/units.ts';

/** What a MediaRecorder may be asked for. */
export interface RecorderFormat {
  readonly container: Exclude<Container, 'frames'>;
  readonly mimeType: string;
  /** In words, for people. */
  readonly name: string;
}

/**
 * Best first. Matroska comes in small clusters and with parameter sets before each key frame; MP4 in fragments that begin with key frames
 * only, and its `avc3` survives a rotation where `avc1` does not. VP8 and VP9 have to be transcoded by the server.
 */
const CANDIDATES: readonly (Omit<RecorderFormat, 'mimeType'> & {
  readonly type: string;
  readonly video: string;
  readonly audio: string;
})[] = [
  { container: 'matroska', type: 'video/x-matroska', video: 'avc1', audio: 'opus', name: 'Matroska H.264' },
  { container: 'fmp4', type: 'video/mp4', video: 'avc3.42E01F', audio: 'opus', name: 'MP4 H.264' },
  { container: 'fmp4', type: 'video/mp4', video: 'avc3.42E01F', audio: 'mp4a.40.2', name: 'MP4 H.264' },
  { container: 'fmp4', type: 'video/mp4', video: 'avc1.42E01F', audio: 'mp4a.40.2', name: 'MP4 H.264' },
  { container: 'webm', type: 'video/webm', video: 'vp8', audio: 'opus', name: 'WebM VP8' },
  { container: 'webm', type: 'video/webm', video: 'vp9', audio: 'opus', name: 'WebM VP9' },
];

/** MP4 comes in fragments from key frame to key frame: all viewers are later by as much. Shorter, and key frames take most of the bit rate. */
const LONGEST_FRAGMENT: Seconds = 0.5;

/** From key frame to key frame in such a recording, where so many seconds are wanted. */
export const recordedKeyFrameInterval = ({ container }: RecorderFormat, wanted: Seconds): Seconds =>
  container === 'fmp4' ? wanted / Math.ceil(wanted / LONGEST_FRAGMENT) : wanted;

/** The formats that a browser says it writes, best first. That it does is seen when it does. */
export function recorderFormats(
  withSound: boolean,
  isSupported: (mimeType: string) => boolean = (type) => MediaRecorder.isTypeSupported(type),
): RecorderFormat[] {
  const seen = new Set<string>();
  return CANDIDATES.map(({ container, type, video, audio, name }) => ({
    container,
    name: withSound ? `${name} + ${audio === 'opus' ? 'Opus' : 'AAC'}` : name,
    mimeType: `${type};codecs=${withSound ? `${video},${audio}` : video}`,
  })).filter(({ mimeType }) => !seen.has(mimeType) && seen.add(mimeType) && isSupported(mimeType));
}
