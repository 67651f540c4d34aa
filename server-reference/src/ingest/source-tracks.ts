/** From what a broadcaster declares to what its bitstream is: one {@link SourceTrack} a track, or the reason why not. */
import type { TrackDescription } from '../../../src/protocol/index.ts';
import type { SourceTrack } from '../hub/epoch.ts';
import type { TrackConfig } from '../hub/media.ts';
import { AAC_FRAME_LENGTH, buildAudioSpecificConfig, parseAudioSpecificConfig } from './aac.ts';
import { BitstreamError, parseAvcC } from './h264.ts';
import { defaultOpusHeader, parseOpusHead } from './opus.ts';
import { pictureRefusal } from './picture-limits.ts';

/** Resolution of decode times that every usual frame rate divides. */
export const VIDEO_TIMESCALE = 90_000;

export type TrackRefusal = { readonly reason: 'codec-unsupported' | 'invalid'; readonly details: string };

export type TracksOutcome = { readonly ok: true; readonly tracks: readonly SourceTrack[] } | ({ readonly ok: false } & TrackRefusal);

class Refused extends Error {
  readonly refusal: TrackRefusal;
  constructor(reason: TrackRefusal['reason'], details: string) {
    super(details);
    this.refusal = { reason, details };
  }
}

const SPOKEN = 'This server takes H.264 (avc1.*), Opus (opus) and AAC-LC (mp4a.40.2).';

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function readConfig(track: TrackDescription): TrackConfig {
  const codec = track.codec.toLowerCase();
  const description = track.description === undefined ? null : fromBase64(track.description);
  if (track.kind === 'video' && /^avc[13]\.[0-9a-f]{6}$/.test(codec)) {
    if (description === null) throw new Refused('invalid', `Track ${track.id} is H.264 and needs its avcC as description.`);
    const { avcC, codec: found, width, height } = parseAvcC(description);
    const refusal = pictureRefusal({ codec: found, width, height });
    if (refusal !== null) throw new Refused('codec-unsupported', refusal);
    return { kind: 'video', family: 'avc', codec: found, timescale: VIDEO_TIMESCALE, width, height, avcC };
  }
  if (track.kind === 'audio' && codec === 'opus') {
    const header = description === null ? defaultOpusHeader(track.channels ?? 2, track.sample_rate ?? 48_000) : parseOpusHead(description);
    if (header.channels > 2) throw new Refused('codec-unsupported', `Track ${track.id} is Opus with more than two channels.`);
    return { kind: 'audio', family: 'opus', codec: 'opus', timescale: 48_000, ...header };
  }
  if (track.kind === 'audio' && codec === 'mp4a.40.2') {
    const asc = description ?? buildAudioSpecificConfig(track.sample_rate ?? 48_000, track.channels ?? 2);
    const { sampleRate, channels, asc: config } = parseAudioSpecificConfig(asc);
    return { kind: 'audio', family: 'aac', codec: 'mp4a.40.2', timescale: sampleRate, channels, asc: config };
  }
  throw new Refused('codec-unsupported', `Track ${track.id} is ${track.kind} with the codec "${track.codec}". ${SPOKEN}`);
}

function renditionId(track: TrackDescription, audioIndex: number): string {
  return track.kind === 'video' ? `v${track.layer ?? 0}` : `a${audioIndex}`;
}

/** Video before sound, lower layers first: the first track leads the segmentation. */
export function sourceTracks(descriptions: readonly TrackDescription[]): TracksOutcome {
  try {
    const ids = new Set<number>();
    const renditions = new Set<string>();
    let audios = 0;
    const order = (track: TrackDescription): number => (track.kind === 'video' ? (track.layer ?? 0) : 100);
    const tracks = [...descriptions]
      .sort((a, b) => order(a) - order(b))
      .map((track): SourceTrack => {
        const rendition = renditionId(track, track.kind === 'audio' ? audios++ : 0);
        if (ids.has(track.id)) throw new Refused('invalid', `Two tracks have the id ${track.id}.`);
        if (renditions.has(rendition)) throw new Refused('invalid', `Two video tracks are layer ${track.layer ?? 0}.`);
        if (audios > 1) throw new Refused('invalid', 'A stream has one sound track.');
        ids.add(track.id);
        renditions.add(rendition);
        const config = readConfig(track);
        const frameLength = config.family === 'aac' ? AAC_FRAME_LENGTH : config.family === 'opus' ? 960 : undefined;
        return { id: track.id, rendition, timescale: track.timescale, config, frameRate: track.frame_rate, frameLength };
      });
    return { ok: true, tracks };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, ...error.refusal };
    if (error instanceof BitstreamError) return { ok: false, reason: 'invalid', details: `${error.message}.` };
    throw error;
  }
}
