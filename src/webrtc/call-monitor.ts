/**
 * Watches a call while it runs: who speaks, what the links carry, how they are doing; and keeps what the camera sends to what they hold.
 * One timer looks at everything. Levels of others come without a statistics report, and a look asks for one report: it
 * costs about a millisecond of the processor.
 */
import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import { Emitter } from '../signaling/emitter.ts';
import type { TimerId, Timers } from '../workers/worker-timers.ts';
import type { CameraPicture } from './encoding-ladder.ts';
import { type EncodedLink, LinkEconomy } from './link-economy.ts';
import type { LinkState } from './link-interface.ts';
import type { LinkFigures, LinkQuality, LinkReading } from './link-quality.ts';
import { type LevelMeter, OwnLevel, openLevelMeter, type VoiceSender } from './own-level.ts';
import { QualityJudge, receivedScore, type Score, sentScore } from './quality-judge.ts';
import type { SlotTracks } from './slots.ts';
import { SELF, type Speech, SpeechLevels } from './speech-levels.ts';
import { StatsReader } from './stats-reader.ts';
import type { StatsReport } from './stats-report.ts';
import { VoiceLevel, type VoiceReceiver } from './voice-level.ts';

/** A `PeerLink`, by what is used of it. */
export interface MonitoredLink extends EncodedLink {
  readonly state: LinkState;
  getStats(): Promise<StatsReport>;
  sender(slot: 'audio'): VoiceSender | undefined;
  receiver(slot: 'audio'): VoiceReceiver | undefined;
}

export interface CallMonitorOptions {
  readonly links: () => ReadonlyMap<string, MonitoredLink>;
  readonly local: () => SlotTracks;
  readonly timers: Timers;
  readonly now: () => Milliseconds;
  /** For the camera, over all links. */
  readonly uploadBudget: BitsPerSecond;
  readonly visible: () => boolean;
  /** Measures one's own voice where statistics do not. */
  readonly openMeter?: (track: MediaStreamTrack) => LevelMeter | null;
}

export interface CallMonitorEvents {
  speaking: Speech;
  quality: { readonly peer: string; readonly quality: LinkQuality };
  /** Of all links that are connected, every 2 s, or 5 s while the page is not visible. */
  figures: readonly LinkFigures[];
  /** Of somebody who was heard nothing arrives any more: told once, until something does again. */
  silent: string;
}

interface Watched {
  readonly link: MonitoredLink;
  readonly reader: StatsReader;
  readonly judge: QualityJudge;
  readonly voice: VoiceLevel;
  reading: LinkReading | undefined;
  /** When something arrived last; null where it was told that nothing does. */
  heardAt: Milliseconds | null;
  due: Milliseconds;
  /** A report is on its way. */
  asked: boolean;
}

const LOOK_MS: Milliseconds = 200;
const HIDDEN_LOOK_MS: Milliseconds = 1000;
const READ_MS: Milliseconds = 2000;
const HIDDEN_READ_MS: Milliseconds = 5000;
/** Browsers read levels while the page waits, and a busy one takes its time: a look is followed by so many times its own length of none. */
const REST = 10;
/** One's own level takes a report, and is read every so many looks. */
const OWN_LEVEL_LOOKS = 2;
/** A jitter buffer bridges less. */
const SILENT_MS: Milliseconds = 1000;

export class CallMonitor extends Emitter<CallMonitorEvents> {
  readonly #options: CallMonitorOptions;
  readonly #levels = new SpeechLevels();
  readonly #own: OwnLevel;
  readonly #economy: LinkEconomy;
  readonly #watched = new Map<string, Watched>();
  #timer: TimerId | undefined;
  #looks = 0;
  #toldAt: Milliseconds;
  #closed = false;

  constructor(options: CallMonitorOptions) {
    super();
    this.#options = options;
    this.#own = new OwnLevel(options.openMeter ?? openLevelMeter);
    this.#economy = new LinkEconomy(options.uploadBudget, () => pictureOf(options.local().video));
    this.#toldAt = options.now();
    this.peersChanged();
    this.#wait();
  }

  /** Shares the upload anew at once when somebody has come or left; it is noticed by itself, too. */
  peersChanged(): void {
    const links = this.#options.links();
    const same = links.size === this.#watched.size && [...links].every(([id, link]) => this.#watched.get(id)?.link === link);
    if (same || this.#closed) return;
    for (const id of [...this.#watched.keys()]) if (!links.has(id)) this.#remove(id);
    for (const [id, link] of links) {
      const before = this.#watched.get(id);
      if (before?.link !== link) this.#watched.set(id, this.#watch(link, before));
    }
    this.#economy.setLinks(links);
  }

  close(): void {
    this.#closed = true;
    this.#options.timers.clearTimeout(this.#timer);
    this.#own.rest();
    this.#watched.clear();
    this.removeAllListeners();
  }

  #watch(link: MonitoredLink, before: Watched | undefined): Watched {
    const judge = before?.judge ?? new QualityJudge();
    const now = this.#options.now();
    return { link, judge, reader: new StatsReader(), voice: new VoiceLevel(), reading: undefined, heardAt: now, due: now, asked: false };
  }

  #remove(id: string): void {
    this.#watched.delete(id);
    const speech = this.#levels.remove(id);
    if (speech !== null) this.emit('speaking', speech);
  }

  #wait(took: Milliseconds = 0): void {
    const { now, timers, visible } = this.#options;
    const delay = Math.max(visible() ? LOOK_MS : HIDDEN_LOOK_MS, took * REST);
    this.#timer = timers.setTimeout(() => {
      const began = now();
      this.#look();
      if (!this.#closed) this.#wait(now() - began);
    }, delay);
  }

  #look(): void {
    this.#looks += 1;
    this.peersChanged();
    if (this.#options.visible()) this.#listen();
    else this.#own.rest();
    this.#readNext();
  }

  #listen(): void {
    const levels = new Map<string, number>();
    for (const [id, watched] of this.#watched) {
      const { link, voice } = watched;
      if (link.state !== 'connected') continue;
      const level = voice.read(link.receiver('audio'));
      if (level !== null) levels.set(id, level);
      this.#heed(id, watched, voice.arrives);
    }
    const { audio } = this.#options.local();
    if (audio === null || !audio.enabled || audio.muted || audio.readyState === 'ended') this.#own.rest();
    else {
      levels.set(SELF, this.#own.level);
      if (this.#looks % OWN_LEVEL_LOOKS === 0) void this.#own.read(audio, this.#connected()?.sender('audio'));
    }
    const speech = this.#levels.update(levels, this.#options.now());
    if (speech !== null) this.emit('speaking', speech);
  }

  #heed(id: string, watched: Watched, arrives: boolean): void {
    const now = this.#options.now();
    if (arrives) watched.heardAt = now;
    else if (watched.heardAt !== null && now - watched.heardAt >= SILENT_MS) {
      watched.heardAt = null;
      this.emit('silent', id);
    }
  }

  #connected(): MonitoredLink | undefined {
    for (const { link } of this.#watched.values()) if (link.state === 'connected') return link;
    return undefined;
  }

  /** The link that has waited longest: with a report at a look, they are staggered by themselves. */
  #readNext(): void {
    const now = this.#options.now();
    for (const [id, watched] of this.#watched) if (watched.link.state !== 'connected') this.#forget(id, watched);
    const due = [...this.#watched].filter(([, { link, due, asked }]) => link.state === 'connected' && due <= now && !asked);
    const next = due.reduce<(typeof due)[number] | null>((one, other) => (one === null || other[1].due < one[1].due ? other : one), null);
    if (next !== null) void this.#read(...next);
    this.#tell(now);
  }

  async #read(id: string, watched: Watched): Promise<void> {
    watched.asked = true;
    try {
      const report = await watched.link.getStats();
      if (this.#watched.get(id) === watched && watched.link.state === 'connected') this.#take(id, watched, report);
    } catch {
      // The link was closed meanwhile, and is not watched any more at the next look.
    } finally {
      watched.asked = false;
      watched.due = this.#options.now() + (this.#options.visible() ? READ_MS : HIDDEN_READ_MS);
    }
  }

  #take(id: string, watched: Watched, report: StatsReport): void {
    const reading = watched.reader.read(report);
    watched.reading = reading;
    this.#economy.update(id, reading, this.#options.now());
    const before = watched.judge.quality;
    const quality = watched.judge.judge(reading, {
      receivesWell: this.#othersDoWell(watched, receivedScore),
      sendsWell: this.#othersDoWell(watched, sentScore),
      constrained: this.#economy.isConstrained(id),
      sparesProcessor: this.#economy.sparesProcessor,
    });
    if (quality !== before) this.emit('quality', { peer: id, quality });
  }

  /** Whether most others do. */
  #othersDoWell(than: Watched, score: (reading: LinkReading) => Score): boolean {
    const scores: Score[] = [];
    for (const watched of this.#watched.values()) {
      if (watched !== than && watched.reading !== undefined && watched.reading.received.bitrate !== null)
        scores.push(score(watched.reading));
    }
    return scores.filter((one) => one === 0).length * 2 > scores.length;
  }

  /** What is known of a link ends with its connection. */
  #forget(id: string, watched: Watched): void {
    watched.reading = undefined;
    const before = watched.judge.quality;
    const quality = watched.judge.forget();
    if (quality !== before) this.emit('quality', { peer: id, quality });
  }

  #tell(now: Milliseconds): void {
    if (now - this.#toldAt < (this.#options.visible() ? READ_MS : HIDDEN_READ_MS)) return;
    this.#toldAt = now;
    const figures: LinkFigures[] = [];
    for (const [peer, { reading, judge }] of this.#watched) {
      if (reading !== undefined) figures.push({ peer, quality: judge.quality, ...reading });
    }
    this.emit('figures', figures);
  }
}

function pictureOf(camera: MediaStreamTrack | null): CameraPicture | null {
  if (camera === null) return null;
  const { width, height, frameRate } = camera.getSettings();
  return width === undefined || height === undefined ? null : { lines: Math.min(width, height), frameRate: frameRate ?? 30 };
}
