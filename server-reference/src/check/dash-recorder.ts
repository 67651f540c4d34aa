/** Plays the representations of an MPD, each segment as it grows, and follows the updates of the MPD. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import { exchangeOf, succeeded } from './exchange.ts';
import { readFragments } from './fragment-reader.ts';
import type { RecorderOptions } from './hls-recorder.ts';
import type { Answer } from './http-client.ts';
import { readInit, type TrackInfo } from './init-reader.ts';
import type { DashLog, DashSegment, Exchange, MpdSnapshot } from './log.ts';
import { type Mpd, type Period, periodStart, type Representation, readMpd, segmentUrl } from './mpd.ts';

const MOST_REPRESENTATIONS = 6;
const STATIC_SEGMENTS = 3;
const SHORTEST_UPDATE: Milliseconds = 1000;
const LONGEST_UPDATE: Milliseconds = 5000;

/** After its end, a segment that was not to be had before is asked for once more. */
const WHOLE_AFTER: Milliseconds = 300;

interface Address {
  readonly number: number;
  readonly ticks: number;
  readonly mpdTime: number;
  readonly duration: number;
  readonly exactTime: boolean;
  /** When it may be asked for; it still grows then. */
  readonly availableAt: Milliseconds;
  readonly completeAt: Milliseconds;
}

/** Null where the answer is no manifest. */
export async function recordDash(first: Answer, options: RecorderOptions): Promise<DashLog | null> {
  const url = first.redirects > 0 ? first.finalUrl : first.url;
  const mpd = readMpd(first.body.toString(), url);
  return mpd === null ? null : await new DashRecorder(mpd, exchangeOf(first), options).record();
}

class DashRecorder {
  readonly #options: RecorderOptions;
  readonly #snapshots: MpdSnapshot[];
  /** The newest. */
  #mpd: Mpd;
  readonly #failures: Exchange[] = [];
  readonly #segments: DashSegment[] = [];
  #clock: DashLog['clock'] = null;
  /** What the origin's clock is ahead of ours. */
  #offset: Milliseconds = 0;

  constructor(mpd: Mpd, exchange: Exchange, options: RecorderOptions) {
    this.#options = options;
    this.#mpd = mpd;
    this.#snapshots = [{ mpd, exchange }];
  }

  async record(): Promise<DashLog> {
    await this.#readClock();
    const ids = (this.#mpd.periods.at(-1)?.representations ?? []).slice(0, MOST_REPRESENTATIONS).map(({ id }) => id);
    await Promise.all([this.#follow(), ...ids.map((id) => this.#play(id))]);
    return { snapshots: this.#snapshots, failures: this.#failures, segments: this.#segments, clock: this.#clock };
  }

  async #readClock(): Promise<void> {
    const timing = this.#mpd.utcTimings.find(({ scheme }) => /:http-(?:iso|xsdate):/.test(scheme));
    const address = timing?.value.split(/\s+/)[0] ?? '';
    if (!URL.canParse(address, this.#mpd.url)) return;
    const outcome = await this.#options.get(new URL(address, this.#mpd.url).href);
    const text = outcome.ok ? outcome.body.toString() : '';
    const told = Date.parse(text.trim());
    if (!Number.isNaN(told)) this.#offset = told - (outcome.requestedAt + outcome.answeredAt) / 2;
    if (timing !== undefined) this.#clock = { exchange: exchangeOf(outcome), text };
  }

  /** Loads the MPD again as often as it says. */
  async #follow(): Promise<void> {
    const { get, deadline } = this.#options;
    while (this.#mpd.type === 'dynamic') {
      const period = (this.#mpd.minimumUpdatePeriod ?? 2) * 1000;
      await deadline.sleep(Math.min(Math.max(period, SHORTEST_UPDATE), LONGEST_UPDATE));
      if (deadline.passed) return;
      const outcome = await get(this.#mpd.url);
      const mpd = outcome.ok && outcome.status === 200 ? readMpd(outcome.body.toString(), this.#mpd.url) : null;
      if (mpd === null) this.#failures.push(exchangeOf(outcome));
      else {
        this.#mpd = mpd;
        this.#snapshots.push({ mpd, exchange: exchangeOf(outcome) });
      }
    }
  }

  async #play(id: string): Promise<void> {
    const { deadline } = this.#options;
    const inits = new Map<string, readonly TrackInfo[]>();
    let newest = Number.NEGATIVE_INFINITY;
    let count = 0;
    while (!deadline.passed) {
      const period = this.#mpd.periods.at(-1);
      const representation = period?.representations.find((one) => one.id === id);
      if (period === undefined || representation === undefined) return;
      const live = this.#mpd.type === 'dynamic';
      if (!live && count >= STATIC_SEGMENTS) return;
      const address = this.#next(period, representation, newest);
      if (address === null) {
        if (!live) return;
        await deadline.sleep(250);
        continue;
      }
      newest = address.ticks;
      count++;
      await deadline.sleep(address.availableAt - this.#now());
      if (deadline.passed) return;
      const there = await deadline.within(this.#fetch(representation, address, inits));
      if (there !== false || !live) continue;
      // It is not there as it grows: the whole of it may be.
      await deadline.sleep(address.completeAt + WHOLE_AFTER - this.#now());
      if (!deadline.passed) await deadline.within(this.#fetch(representation, address, inits));
    }
  }

  #now(): Milliseconds {
    return this.#options.clock.now() + this.#offset;
  }

  /** The segment at the live edge, or the one after the last that was fetched. */
  #next(period: Period, { template }: Representation, newest: number): Address | null {
    if (template === null) return null;
    const { mpd, start } = { mpd: this.#mpd, start: periodStart(this.#mpd, period) };
    const live = mpd.type === 'dynamic';
    const { timescale, presentationTimeOffset } = template;
    const early = template.availabilityTimeOffset ?? 0;
    const address = (number: number, ticks: number, length: number, exactTime: boolean): Address => {
      const completeAt = live ? start + (ticks / timescale - presentationTimeOffset + length) * 1000 : 0;
      return { number, ticks, mpdTime: ticks / timescale, duration: length, exactTime, completeAt, availableAt: completeAt - early * 1000 };
    };
    if (template.timeline !== null) {
      const list = template.timeline.map(({ time, duration }, index) =>
        address(template.startNumber + index, time, duration / timescale, true),
      );
      const wanted = live && newest === Number.NEGATIVE_INFINITY ? list.slice(-1) : list.filter(({ ticks }) => ticks > newest);
      return wanted[0] ?? null;
    }
    const length = template.duration ?? 0;
    if (length === 0) return null;
    const at = (index: number): Address =>
      address(template.startNumber + index, (presentationTimeOffset + index * length) * timescale, length, false);
    const edge = live ? Math.max(0, Math.floor((this.#now() - start) / 1000 / length)) : 0;
    const following = Math.round((newest / timescale - presentationTimeOffset) / length) + 1;
    const index = Number.isFinite(following) ? Math.max(following, edge) : edge;
    const total = mpd.mediaPresentationDuration;
    return !live && total !== null && index * length >= total ? null : at(index);
  }

  async #fetch(representation: Representation, address: Address, inits: Map<string, readonly TrackInfo[]>): Promise<boolean> {
    const { get } = this.#options;
    const { template } = representation;
    if (template === null) return false;
    const growing = this.#now() < address.completeAt - 100;
    const outcome = await get(segmentUrl(template.media, representation, address.number, Math.round(address.ticks)), {
      timeout: (address.duration + 5) * 1000,
    });
    const tracks = await this.#tracks(representation, inits);
    const exchange = exchangeOf(outcome);
    const fragments = outcome.ok && succeeded(exchange) ? readFragments(outcome.body, tracks) : [];
    const timescale = tracks.find((track) => track.id === fragments[0]?.track)?.timescale ?? template.timescale;
    const { mpdTime, duration, exactTime } = address;
    const progress = outcome.ok ? outcome.progress : [];
    const { presentationTimeOffset } = template;
    this.#segments.push({
      exchange,
      representation: representation.id,
      mpdTime,
      duration,
      presentationTimeOffset,
      exactTime,
      progress,
      fragments,
      timescale,
      growing,
    });
    return succeeded(exchange);
  }

  async #tracks(representation: Representation, inits: Map<string, readonly TrackInfo[]>): Promise<readonly TrackInfo[]> {
    const pattern = representation.template?.initialization ?? null;
    if (pattern === null) return [];
    const url = segmentUrl(pattern, representation, 0, 0);
    const known = inits.get(url);
    if (known !== undefined) return known;
    const outcome = await this.#options.get(url);
    const tracks = outcome.ok && outcome.status === 200 ? readInit(outcome.body) : [];
    inits.set(url, tracks);
    return tracks;
  }
}
