/**
 * What of a recording can be played, in order. Segment N of every rendition covers the same time. Where none has media (the broadcaster
 * was away) nothing is listed, and what follows is discontinuous; where some have, the others have a gap.
 */
import type { Seconds } from '../../../src/protocol/index.ts';
import type { RecordedInit, RecordedRendition, RecordedSegment, RecordingIndex } from './recording-index.ts';

export interface ListedTrack {
  readonly rendition: RecordedRendition;
  readonly segment: RecordedSegment;
  readonly playable: boolean;
}

export interface ListedTime {
  readonly msn: number;
  /** Timestamps or decoder configurations do not go on from what is listed before. */
  readonly discontinuity: boolean;
  /** One for each rendition that has media anywhere. */
  readonly tracks: readonly ListedTrack[];
}

export interface Contents {
  readonly renditions: readonly RecordedRendition[];
  readonly times: readonly ListedTime[];
}

const isPlayable = ({ gap, length, duration }: RecordedSegment): boolean => !gap && length > 0 && duration > 0;

const known = new WeakMap<RecordingIndex, Contents>();

/** While it is being recorded, the segments that all renditions have whole; then all there are. */
export function contentsOf(index: RecordingIndex): Contents {
  const contents = known.get(index) ?? collect(index);
  // A day has some forty thousand segments.
  if (index.end !== null) known.set(index, contents);
  return contents;
}

function collect(index: RecordingIndex): Contents {
  const renditions = index.renditions.filter(({ segments, inits }) => inits.size > 0 && segments.some(isPlayable));
  const counts = renditions.map(({ segments }) => segments.length);
  const count = counts.length === 0 ? 0 : index.end === null ? Math.min(...counts) : Math.max(...counts);
  const times: ListedTime[] = [];
  let discontinuity = false;
  for (let msn = 0; msn < count; msn++) {
    const tracks = renditions.flatMap((rendition): ListedTrack[] => {
      const segment = rendition.segments[msn];
      return segment === undefined ? [] : [{ rendition, segment, playable: isPlayable(segment) && rendition.inits.has(segment.epoch) }];
    });
    if (tracks.some(({ segment }) => segment.discontinuity)) discontinuity = true;
    if (!tracks.some(({ playable }) => playable)) {
      discontinuity = true;
      continue;
    }
    times.push({ msn, discontinuity: discontinuity && times.length > 0, tracks });
    discontinuity = false;
  }
  return { renditions, times };
}

/** What a rendition is described by where only one description has room. */
export function newestInit(rendition: RecordedRendition): RecordedInit | undefined {
  return [...rendition.inits.values()].at(-1);
}

/** Those with pictures, the largest first: layers are numbered upwards by some and downwards by others. */
export function videosOf({ renditions }: Contents): RecordedRendition[] {
  const pixels = (rendition: RecordedRendition): number => {
    const init = newestInit(rendition);
    return (init?.width ?? 0) * (init?.height ?? 0);
  };
  return renditions.filter(({ info }) => info.kind === 'video').sort((a, b) => pixels(b) - pixels(a));
}

/** Bits a second, over all that can be played and at the most in one segment. */
export function bitrates({ times }: Contents, id: string): { readonly peak: number; readonly average: number } {
  let peak = 0;
  let bytes = 0;
  let seconds = 0;
  for (const { tracks } of times) {
    const track = tracks.find(({ rendition }) => rendition.info.id === id);
    if (track === undefined || !track.playable) continue;
    const duration = track.segment.duration / track.rendition.info.timescale;
    // What a crash left of a segment may be a single key frame: no rate of anything.
    if (duration >= 0.5) peak = Math.max(peak, (track.segment.length * 8) / duration);
    bytes += track.segment.length;
    seconds += duration;
  }
  const average = Math.ceil((bytes * 8) / Math.max(seconds, 1e-3));
  return { peak: Math.max(Math.ceil(peak), average), average };
}

/** A run of times under one set of configurations, in which every track that is there at all is there throughout. */
export interface Period {
  readonly start: Seconds;
  readonly duration: Seconds;
  /** Where the period's start stands on the timeline of the media. */
  readonly mediaStart: Seconds;
  readonly tracks: readonly { readonly rendition: RecordedRendition; readonly segments: readonly RecordedSegment[] }[];
}

export function periodsOf({ times }: Contents): Period[] {
  const runs: ListedTime[][] = [];
  let shape = '';
  for (const time of times) {
    const playable = time.tracks.filter((track) => track.playable);
    const next = playable.map(({ rendition, segment }) => `${rendition.info.id} ${segment.epoch}`).join();
    if (time.discontinuity || next !== shape || runs.length === 0) runs.push([]);
    runs.at(-1)?.push(time);
    shape = next;
  }
  let start: Seconds = 0;
  return runs.map((run) => {
    const tracks = tracksOf(run);
    const first = Math.min(...tracks.map(({ rendition, segments }) => (segments[0]?.start ?? 0) / rendition.info.timescale));
    const ends = tracks.map(({ rendition, segments }) => endOf(segments.at(-1)) / rendition.info.timescale);
    const duration = Math.max(...ends) - first;
    const period = { start, duration, mediaStart: first, tracks };
    start += duration;
    return period;
  });
}

const endOf = (segment: RecordedSegment | undefined): number => (segment === undefined ? 0 : segment.start + segment.duration);

function tracksOf(run: readonly ListedTime[]): { rendition: RecordedRendition; segments: RecordedSegment[] }[] {
  const tracks = new Map<RecordedRendition, RecordedSegment[]>();
  for (const time of run) {
    for (const { rendition, segment, playable } of time.tracks) {
      if (!playable) continue;
      const segments = tracks.get(rendition);
      if (segments === undefined) tracks.set(rendition, [segment]);
      else segments.push(segment);
    }
  }
  return [...tracks].map(([rendition, segments]) => ({ rendition, segments }));
}
