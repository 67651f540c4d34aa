/** How rules look at a log: what the renditions are, what is listed where, and how a breach is written down. */
import type { Milliseconds, Seconds } from '../../../../src/protocol/index.ts';
import type { Fragment } from '../fragment-reader.ts';
import type { TrackInfo } from '../init-reader.ts';
import { type CheckLog, type Exchange, listedSegments, type MediaFetch, type RenditionLog, type Snapshot } from '../log.ts';
import type { MediaPlaylist, PlaylistPart, PlaylistSegment } from '../media-playlist.ts';
import type { Authority, Breach } from '../verdict.ts';

/** Rounding of decimals in playlists. */
export const ROUNDING: Seconds = 1e-6;

export const NO_PLAYLIST = 'no playlist was read';
export const NO_LOW_LATENCY = 'no partial segments are listed';
export const NO_BLOCKING = 'the origin does not offer blocking reload';

/** The renditions that pictures and sound are in. */
export function mediaRenditions(log: CheckLog): readonly RenditionLog[] {
  return log.hls?.renditions.filter(({ role, snapshots }) => role !== 'subtitles' && snapshots.length > 0) ?? [];
}

export function breach(authority: Authority, text: string, exchange: Exchange | null, lines: readonly string[] = []): Breach {
  return { authority, text, url: exchange?.url ?? '', at: exchange?.answeredAt ?? null, lines };
}

export const header = (playlist: MediaPlaylist, tag: string): readonly string[] => {
  const line = playlist.headers.get(tag);
  return line === undefined ? [`(no EXT-${tag})`] : [line];
};

export const blocks = ({ snapshots }: RenditionLog): boolean =>
  snapshots.some(({ playlist }) => playlist.serverControl?.get('CAN-BLOCK-RELOAD') === 'YES');

/** Each pair of playlists of a rendition that followed each other. */
export function* successions({ snapshots }: RenditionLog): Generator<readonly [Snapshot, Snapshot]> {
  for (const [index, after] of snapshots.entries()) {
    const before = snapshots[index - 1];
    if (before !== undefined) yield [before, after];
  }
}

/** What is listed: whole segments, and the parts of the one in the making. */
export function listedDuration({ segments }: MediaPlaylist): Seconds {
  return segments.reduce((sum, segment) => sum + segmentDuration(segment), 0);
}

export const segmentDuration = ({ duration, parts }: PlaylistSegment): Seconds =>
  duration ?? parts.reduce((sum, part) => sum + (Number.isNaN(part.duration) ? 0 : part.duration), 0);

/** Where a playlist stands: its newest segment and how many of that one's parts there are. */
export function edge({ segments }: MediaPlaylist): { readonly msn: number; readonly parts: number; readonly complete: boolean } | null {
  const last = segments.at(-1);
  return last === undefined ? null : { msn: last.msn, parts: last.parts.length, complete: last.duration !== null };
}

export interface ListedPart {
  readonly part: PlaylistPart;
  readonly segment: PlaylistSegment;
  readonly snapshot: Snapshot;
}

export function listedParts(rendition: RenditionLog): ReadonlyMap<string, ListedPart> {
  const found = new Map<string, ListedPart>();
  for (const { segment, snapshot } of listedSegments(rendition)) {
    for (const part of segment.parts) found.set(`${segment.msn}.${part.index}`, { part, segment, snapshot });
  }
  return found;
}

export function tracksOf(rendition: RenditionLog, map: string | null): readonly TrackInfo[] {
  return rendition.inits.find(({ url }) => url === map)?.tracks ?? [];
}

export const fragmentsOf = ({ reading }: MediaFetch): readonly Fragment[] => (reading.kind === 'fragments' ? reading.fragments : []);

/** Why nothing could be read of the media, for a rule that needs it. */
export function whyUnread(renditions: readonly RenditionLog[]): string {
  for (const { media } of renditions) {
    for (const { reading } of media) if (reading.kind === 'unread') return reading.why;
  }
  return 'no media was fetched';
}

/** The first sample of each video track, in the order of decoding. */
export function firstPictures(rendition: RenditionLog, fetch: MediaFetch): readonly { readonly sync: boolean; readonly any: boolean }[] {
  const video = tracksOf(rendition, fetch.map).filter(({ kind }) => kind === 'video');
  return video.flatMap(({ id }) => {
    const samples = fragmentsOf(fetch).flatMap((fragment) => (fragment.track === id ? fragment.samples : []));
    const [first] = samples;
    return first === undefined ? [] : [{ sync: first.sync, any: samples.some(({ sync }) => sync) }];
  });
}

export const clockTime = (at: Milliseconds): string => new Date(at).toISOString().slice(11, 23);
export const seconds = (value: Seconds): string => `${Number(value.toFixed(3))} s`;
