/** Fetches what a rendition lists, each resource once, and reads the samples in it. */

import { exchangeOf, succeeded } from './exchange.ts';
import { leadingType, readFragments } from './fragment-reader.ts';
import type { Answer, Get, Outcome } from './http-client.ts';
import { readInit, type TrackInfo } from './init-reader.ts';
import { type HintFetch, type InitSection, type MediaFetch, type MediaReading, resourceKey } from './log.ts';
import type { PlaylistPart, PlaylistSegment, PreloadHint, Resource } from './media-playlist.ts';

const FRAGMENT_BOXES = new Set(['styp', 'moof', 'sidx', 'ftyp', 'prft', 'emsg', 'free', 'mdat', 'moov']);
const TRANSPORT_STREAM_SYNC = 0x47;

export class MediaFetcher {
  readonly media: MediaFetch[] = [];
  readonly inits: InitSection[] = [];
  readonly hints: HintFetch[] = [];
  readonly #get: Get;
  readonly #asked = new Set<string>();
  readonly #initTracks = new Map<string, Promise<readonly TrackInfo[]>>();
  readonly #running = new Set<Promise<void>>();

  constructor(get: Get) {
    this.#get = get;
  }

  part(segment: PlaylistSegment, part: PlaylistPart): void {
    this.#once(`part ${segment.msn}.${part.index}`, () => this.#fetch(part, segment, part.index));
  }

  segment(segment: PlaylistSegment): void {
    const { resource } = segment;
    if (resource !== null) this.#once(`segment ${segment.msn}`, () => this.#fetch(resource, segment, null));
  }

  /** @param map the init section that applies at the end of the playlist */
  hint(hint: PreloadHint, map: Resource | null): void {
    this.#once(`hint ${hint.url} ${hint.start}`, () => this.#fetchHint(hint, map));
  }

  /** Everything that was begun. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #once(key: string, work: () => Promise<void>): void {
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    const running = work().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #fetch(resource: Resource, segment: PlaylistSegment, part: number | null): Promise<void> {
    const { msn, encrypted, map } = segment;
    const [outcome, tracks] = await Promise.all([this.#get(resource.url, { range: resource.range }), this.#tracks(map)]);
    const reading = encrypted ? unread('the media is encrypted') : read(outcome, tracks);
    const exchange = exchangeOf(outcome);
    this.media.push({ exchange, range: resource.range, msn, part, map: map === null ? null : resourceKey(map), reading });
  }

  async #fetchHint(hint: PreloadHint, map: Resource | null): Promise<void> {
    const range = hint.start > 0 || hint.length !== null ? { offset: hint.start, length: hint.length ?? OPEN_RANGE - hint.start } : null;
    const [outcome, tracks] = await Promise.all([this.#get(hint.url, { range }), this.#tracks(map)]);
    const firstByteAt = outcome.ok ? (outcome.progress[0]?.at ?? null) : null;
    const fragments = outcome.ok ? readFragments(outcome.body, tracks) : [];
    this.hints.push({ exchange: exchangeOf(outcome), hint, firstByteAt, fragments });
  }

  #tracks(map: Resource | null): Promise<readonly TrackInfo[]> {
    if (map === null) return Promise.resolve([]);
    const key = resourceKey(map);
    const known = this.#initTracks.get(key);
    if (known !== undefined) return known;
    const tracks = this.#get(map.url, { range: map.range }).then((outcome) => {
      const found = outcome.ok && outcome.status < 300 ? readInit(outcome.body) : [];
      this.inits.push({ url: key, exchange: exchangeOf(outcome), tracks: found });
      return found;
    });
    this.#initTracks.set(key, tracks);
    return tracks;
  }
}

/** RFC 8216bis §4.4.5.3: the end of a range whose length is not known. */
const OPEN_RANGE = Number.MAX_SAFE_INTEGER;

const unread = (why: string): MediaReading => ({ kind: 'unread', why });

function read(outcome: Outcome, tracks: readonly TrackInfo[]): MediaReading {
  if (!outcome.ok) return unread(`${outcome.url}: ${outcome.error}`);
  if (!succeeded(exchangeOf(outcome))) return unread(`${outcome.url} was answered with ${outcome.status}`);
  return readBody(outcome, tracks);
}

function readBody({ body }: Answer, tracks: readonly TrackInfo[]): MediaReading {
  if (body[0] === TRANSPORT_STREAM_SYNC) return unread('MPEG transport streams are not read');
  if (!FRAGMENT_BOXES.has(leadingType(body))) return unread('the media is no fragmented MP4');
  const fragments = readFragments(body, tracks);
  return fragments.length === 0 ? unread('the media holds no fragments') : { kind: 'fragments', fragments };
}
