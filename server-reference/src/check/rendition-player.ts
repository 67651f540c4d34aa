/**
 * Plays one rendition as a low-latency player does: a plain playlist first, then the next part by blocking reload, everything new
 * fetched once. An origin without blocking reload is polled.
 */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { decimal } from './attribute-list.ts';
import { ofOneMoment } from './delta-update.ts';
import { exchangeOf, withQuery } from './exchange.ts';
import type { Get } from './http-client.ts';
import type { DeltaUpdate, Directives, Exchange, Probe, RenditionLog, Snapshot } from './log.ts';
import { MediaFetcher } from './media-fetcher.ts';
import { type MediaPlaylist, type PlaylistPart, readMediaPlaylist } from './media-playlist.ts';
import { isPlaylist } from './multivariant-playlist.ts';
import type { Variables } from './variables.ts';
import type { Deadline } from './waiting.ts';

export interface PlayerOptions {
  readonly name: string;
  readonly url: string;
  readonly role: RenditionLog['role'];
  readonly variables: Variables;
  readonly get: Get;
  readonly clock: Clock;
  readonly deadline: Deadline;
}

/** Bounds on what is asked for beyond playing, for each rendition. */
const MOST_HINTS = 12;
const MOST_WHOLE_SEGMENTS = 3;
const MOST_DELTAS = 4;
/** A delta update and the full playlist are two answers: they are asked for again while the playlist has moved on between them. */
const DELTA_ATTEMPTS = 5;
const MOST_DROPPED_PARTS = 2;
/** Of a recording that has ended, this many segments are read. */
const VOD_SEGMENTS = 5;
const MOST_FAILURES = 5;

export class RenditionPlayer {
  readonly #options: PlayerOptions;
  readonly #fetcher: MediaFetcher;
  readonly #snapshots: Snapshot[] = [];
  readonly #failures: Exchange[] = [];
  readonly #deltas: DeltaUpdate[] = [];
  readonly probes: Probe[] = [];
  readonly #side = new Set<Promise<void>>();
  /** Numbers of the segments that are read whole beside their parts. */
  readonly #whole = new Set<number>();
  /** What is fetched, by media sequence numbers. */
  #range: { readonly from: number; readonly to: number } | null = null;
  #nextDelta: Milliseconds = 0;
  #droppedParts = 0;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#fetcher = new MediaFetcher(options.get);
  }

  get log(): RenditionLog {
    const { name, url, role } = this.#options;
    const { media, inits, hints } = this.#fetcher;
    return { name, url, role, snapshots: this.#snapshots, failures: this.#failures, deltas: this.#deltas, media, inits, hints };
  }

  get playlist(): MediaPlaylist | null {
    return this.#snapshots.at(-1)?.playlist ?? null;
  }

  async play(): Promise<void> {
    const { deadline, role } = this.#options;
    let directives: Directives | null = null;
    let failures = 0;
    while (!deadline.passed) {
      const snapshot: Snapshot | null = await this.#reload(directives);
      if (deadline.passed && snapshot === null) break;
      if (snapshot === null) {
        if (++failures >= MOST_FAILURES) break;
        directives = null;
        await deadline.sleep(1000);
        continue;
      }
      failures = 0;
      const { playlist } = snapshot;
      const changed = this.#take(snapshot);
      if (role !== 'subtitles') this.#fetch(playlist);
      if (playlist.endList) break;
      this.#compareDelta(playlist);
      directives = nextDirectives(playlist);
      if (directives === null) await deadline.sleep(pollInterval(playlist, changed));
    }
    await Promise.all([this.#fetcher.settled(), ...this.#side]);
  }

  /** Whether it brought anything new. */
  #take(snapshot: Snapshot): boolean {
    const before = this.playlist;
    this.#snapshots.push(snapshot);
    if (before === null) return true;
    this.#noticeDroppedParts(before, snapshot.playlist);
    return before.segments.at(-1)?.resource?.url !== snapshot.playlist.segments.at(-1)?.resource?.url;
  }

  async #reload(directives: Directives | null): Promise<Snapshot | null> {
    const { url, get, deadline, variables } = this.#options;
    const asked = directives === null ? url : withQuery(url, directiveQuery(directives));
    const target = this.playlist?.targetDuration ?? 10;
    const outcome = await deadline.within(get(asked, { timeout: (3 * target + 3) * 1000 }));
    if (outcome === null) return null;
    const exchange = exchangeOf(outcome);
    const text = outcome.ok && outcome.status === 200 ? outcome.body.toString() : '';
    if (!outcome.ok || !isPlaylist(text)) {
      if (!deadline.passed) this.#failures.push(exchange);
      return null;
    }
    const variablesFrom = outcome.redirects > 0 ? outcome.finalUrl : url;
    return { exchange, directives, playlist: readMediaPlaylist(text, variablesFrom, variables) };
  }

  #fetch(playlist: MediaPlaylist): void {
    const { segments } = playlist;
    const lowLatency = segments.some(({ parts }) => parts.length > 0);
    this.#range ??= firstRange(playlist);
    for (const segment of segments) {
      if (segment.msn < this.#range.from || segment.msn > this.#range.to) continue;
      for (const part of segment.parts) if (!part.gap) this.#fetcher.part(segment, part);
      if (segment.resource === null || segment.gap) continue;
      if (!lowLatency || (segment.parts.length > 0 && this.#wantsWhole(segment.msn))) this.#fetcher.segment(segment);
    }
    const [hint] = playlist.hints;
    if (hint !== undefined && this.#fetcher.hints.length < MOST_HINTS) this.#fetcher.hint(hint, segments.at(-1)?.map ?? null);
  }

  /** Of low-latency streams a few whole segments are read beside their parts. */
  #wantsWhole(msn: number): boolean {
    if (this.#whole.size < MOST_WHOLE_SEGMENTS) this.#whole.add(msn);
    return this.#whole.has(msn);
  }

  #compareDelta(base: MediaPlaylist): void {
    const { clock, deadline } = this.#options;
    const boundary = decimal(base.serverControl, 'CAN-SKIP-UNTIL');
    const total = base.segments.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
    const now = clock.now();
    if (boundary === null || total <= boundary || now < this.#nextDelta || this.#deltas.length >= MOST_DELTAS) return;
    this.#nextDelta = now + Math.max(1000, (deadline.at - now) / MOST_DELTAS);
    this.#aside(this.#fetchDelta(base));
  }

  async #fetchDelta(base: MediaPlaylist): Promise<void> {
    let update: DeltaUpdate | null = null;
    for (let attempt = 0; attempt < DELTA_ATTEMPTS; attempt++) {
      // What it is laid over may not be old: RFC 8216bis §6.3.7.
      const next = await this.#askDelta(update?.full ?? base);
      if (next === null) break;
      update = next;
      if (ofOneMoment(update.delta, update.full)) break;
    }
    if (update !== null) this.#deltas.push(update);
  }

  async #askDelta(base: MediaPlaylist): Promise<DeltaUpdate | null> {
    const { url, get, variables, deadline } = this.#options;
    const answers = await deadline.within(Promise.all([get(withQuery(url, '_HLS_skip=YES')), get(url)]));
    const [delta, full] = answers ?? [];
    if (delta?.ok !== true || full?.ok !== true || delta.status !== 200 || full.status !== 200) return null;
    const read = (body: Buffer): MediaPlaylist => readMediaPlaylist(body.toString(), url, variables);
    return { exchange: exchangeOf(delta), base, delta: read(delta.body), full: read(full.body) };
  }

  #noticeDroppedParts(before: MediaPlaylist, after: MediaPlaylist): void {
    if (this.#droppedParts >= MOST_DROPPED_PARTS || after.endList) return;
    const dropped = before.segments.find(({ msn, parts }) => {
      const same = after.segments.find((segment) => segment.msn === msn);
      return parts.some(({ gap }) => !gap) && same?.parts.length === 0;
    });
    const part = dropped?.parts.find(({ gap }) => !gap);
    if (part === undefined) return;
    this.#droppedParts++;
    this.#aside(this.#fetchDropped(part, after.targetDuration ?? 1));
  }

  /** RFC 8216bis §6.2.2: a part stays for three target durations; it is asked for after two. */
  async #fetchDropped(part: PlaylistPart, target: number): Promise<void> {
    const { get, deadline, clock, name } = this.#options;
    const since = clock.now();
    await deadline.sleep(2000 * target);
    const exchange = exchangeOf(await get(part.url, { range: part.range }));
    const detail = `${((exchange.requestedAt - since) / 1000).toFixed(1)} s`;
    if (exchange.status !== 0) this.probes.push({ kind: 'dropped-part', rendition: name, exchange, asked: null, playlist: null, detail });
  }

  #aside(work: Promise<void>): void {
    const running = work.finally(() => this.#side.delete(running));
    this.#side.add(running);
  }
}

/** From the live edge on; the beginning of what has ended already. */
function firstRange({ segments, endList }: MediaPlaylist): { readonly from: number; readonly to: number } {
  const first = segments[0]?.msn ?? 0;
  if (endList) return { from: first, to: first + VOD_SEGMENTS - 1 };
  return { from: segments.at(-2)?.msn ?? first, to: Number.POSITIVE_INFINITY };
}

export const directiveQuery = ({ msn, part }: Directives): string => `_HLS_msn=${msn}${part === null ? '' : `&_HLS_part=${part}`}`;

/** What comes next; null where the origin does not block. */
function nextDirectives(playlist: MediaPlaylist): Directives | null {
  const last = playlist.segments.at(-1);
  if (playlist.serverControl?.get('CAN-BLOCK-RELOAD') !== 'YES' || last === undefined) return null;
  const lowLatency = playlist.segments.some(({ parts }) => parts.length > 0);
  if (last.duration !== null) return { msn: last.msn + 1, part: lowLatency ? 0 : null };
  return { msn: last.msn, part: last.parts.length };
}

/** RFC 8216bis §6.3.4: the target duration after a change, half of it where nothing came. */
function pollInterval({ targetDuration }: MediaPlaylist, changed: boolean): Milliseconds {
  const target = Math.min(targetDuration ?? 2, 10) * 1000;
  return changed ? target : target / 2;
}
