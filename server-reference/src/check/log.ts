/** What a check has recorded of an origin. Plain data: the rules read it and nothing else, so a test can write one by hand. */
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import type { Fragment } from './fragment-reader.ts';
import type { TrackInfo } from './init-reader.ts';
import type { ByteRange, MediaPlaylist, PlaylistSegment, PreloadHint, Resource } from './media-playlist.ts';
import type { Mpd } from './mpd.ts';
import type { MultivariantPlaylist } from './multivariant-playlist.ts';
import type { Stall } from './stall-watch.ts';

/** What came back from one request, its body left out. */
export interface Exchange {
  readonly url: string;
  readonly requestedAt: Milliseconds;
  readonly answeredAt: Milliseconds;
  /** 0 where nothing was answered. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly redirects: number;
  readonly error: string | null;
}

export interface Directives {
  readonly msn: number;
  readonly part: number | null;
}

/** A full playlist, as it came. */
export interface Snapshot {
  readonly exchange: Exchange;
  /** What it was asked to wait for; null for a plain request. */
  readonly directives: Directives | null;
  readonly playlist: MediaPlaylist;
}

/** A delta update, the full playlist that was there before, and one asked for at the same time: of the same moment where that could be had. */
export interface DeltaUpdate {
  readonly exchange: Exchange;
  readonly base: MediaPlaylist;
  readonly delta: MediaPlaylist;
  readonly full: MediaPlaylist;
}

export type MediaReading =
  | { readonly kind: 'fragments'; readonly fragments: readonly Fragment[] }
  /** Another format, or encrypted, or not there: with the reason. */
  | { readonly kind: 'unread'; readonly why: string };

/** A part or a segment that was fetched. */
export interface MediaFetch {
  readonly exchange: Exchange;
  readonly range: ByteRange | null;
  readonly msn: number;
  /** Null for a whole segment. */
  readonly part: number | null;
  /** The init section that applies, by its {@link resourceKey}; null where there is none. */
  readonly map: string | null;
  readonly reading: MediaReading;
}

/** The request that a player makes for what EXT-X-PRELOAD-HINT names. */
export interface HintFetch {
  readonly exchange: Exchange;
  readonly hint: PreloadHint;
  /** When the first byte of the body came. */
  readonly firstByteAt: Milliseconds | null;
  /** Of what came; to be compared with the part itself. */
  readonly fragments: readonly Fragment[];
}

export interface InitSection {
  /** Its {@link resourceKey}. */
  readonly url: string;
  readonly exchange: Exchange;
  readonly tracks: readonly TrackInfo[];
}

export interface RenditionLog {
  /** How reports call it. */
  readonly name: string;
  readonly url: string;
  readonly role: 'variant' | 'audio' | 'subtitles' | 'other';
  readonly snapshots: readonly Snapshot[];
  /** Requests for the playlist that were not answered with one. */
  readonly failures: readonly Exchange[];
  readonly deltas: readonly DeltaUpdate[];
  readonly media: readonly MediaFetch[];
  readonly inits: readonly InitSection[];
  readonly hints: readonly HintFetch[];
}

/** A question that a player would not ask, to see how the origin answers. */
export interface Probe {
  readonly kind:
    | 'part-without-msn'
    | 'far-msn'
    | 'far-part'
    | 'old-msn'
    | 'msn-alone'
    | 'after-end'
    | 'unknown-resource'
    | 'dropped-part'
    | 'cors'
    | 'cors-error'
    | 'alpn';
  readonly rendition: string;
  readonly exchange: Exchange;
  /** What was newest when it was asked. */
  readonly asked: { readonly msn: number; readonly part: number | null } | null;
  /** The playlist in the answer, where there is one. */
  readonly playlist: MediaPlaylist | null;
  /** alpn: what the server chose. dropped-part: seconds since its line went. */
  readonly detail: string;
}

export interface HlsLog {
  readonly multivariant: MultivariantPlaylist | null;
  readonly multivariantExchange: Exchange | null;
  /** The same playlist, asked for again at the end. */
  readonly multivariantAfter: MultivariantPlaylist | null;
  readonly renditions: readonly RenditionLog[];
  readonly probes: readonly Probe[];
}

/** A media segment of a DASH representation. */
export interface DashSegment {
  readonly exchange: Exchange;
  readonly representation: string;
  /** Start of the segment on the period's timeline, in seconds, as the MPD says it. */
  readonly mpdTime: Seconds;
  readonly duration: Seconds;
  readonly presentationTimeOffset: Seconds;
  /** Whether `$Time$` or an S element told its time exactly. */
  readonly exactTime: boolean;
  readonly progress: readonly { readonly at: Milliseconds; readonly bytes: number }[];
  readonly fragments: readonly Fragment[];
  readonly timescale: number;
  readonly growing: boolean;
}

export interface MpdSnapshot {
  readonly exchange: Exchange;
  readonly mpd: Mpd;
}

export interface DashLog {
  readonly snapshots: readonly MpdSnapshot[];
  readonly failures: readonly Exchange[];
  readonly segments: readonly DashSegment[];
  /** The clock that UTCTiming names. */
  readonly clock: { readonly exchange: Exchange; readonly text: string } | null;
}

export interface CheckLog {
  readonly startedAt: Milliseconds;
  readonly endedAt: Milliseconds;
  readonly hls: HlsLog | null;
  readonly dash: DashLog | null;
  /** When the check itself was held up. */
  readonly stalls: readonly Stall[];
  /** Whether the given address carried a token. */
  readonly token: string | null;
}

/** Tells apart what stands at one address. */
export const resourceKey = ({ url, range }: Resource): string => (range === null ? url : `${url}#${range.offset}-${range.length}`);

export const newest = (rendition: RenditionLog): Snapshot | undefined => rendition.snapshots.at(-1);

/** Every playlist that listed a part or segment does so alike; rules that speak of each look at its last listing. */
export function listedSegments(rendition: RenditionLog): { readonly segment: PlaylistSegment; readonly snapshot: Snapshot }[] {
  const last = new Map<number, { segment: PlaylistSegment; snapshot: Snapshot }>();
  for (const snapshot of rendition.snapshots) {
    for (const segment of snapshot.playlist.segments) {
      const before = last.get(segment.msn);
      // Parts go from the playlist when they are old: the listing with the most of them tells most.
      if (before === undefined || segment.parts.length >= before.segment.parts.length) last.set(segment.msn, { segment, snapshot });
    }
  }
  return [...last.values()];
}

export const hasParts = (rendition: RenditionLog): boolean =>
  rendition.snapshots.some(({ playlist }) => playlist.segments.some(({ parts }) => parts.length > 0));
