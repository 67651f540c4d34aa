import { realmTimers, type TimerId, type Timers } from '../workers/worker-timers.ts';
import { NO_DEVICES } from './device-choice.ts';
import { deviceOf, hasMoved, listDevices } from './device-list.ts';
import { INPUTS } from './device-memory.ts';
import { DeviceSwap } from './device-swap.ts';
import { mediaDevicesOf } from './media-error.ts';
import type { CaptureKind, MediaHost, VisiblePage } from './media-host.ts';

/** How long a track that was muted in the background may stay so once the page is seen again, in milliseconds. */
const UNMUTE_MS = 3000;

const KINDS = ['audio', 'video'] as const;

/**
 * Follows the devices of the computer while they come and go: keeps the list of them, changes to the one that the user chooses, finds
 * another one for the one that was unplugged, and comes back to it.
 */
export class DeviceWatch {
  readonly #host: MediaHost;
  readonly #page: VisiblePage | undefined;
  readonly #hasOutputs: boolean;
  readonly #timers: Timers;
  readonly #devices: MediaDevices;
  readonly #swap: DeviceSwap;
  readonly #labels = new Map<string, string>();
  /** Kinds that ended while nobody saw the page, as a telephone call does it: opened again when it is seen. */
  readonly #interrupted = new Set<CaptureKind>();
  #found: readonly MediaDeviceInfo[] = [];
  #told = JSON.stringify(NO_DEVICES);
  #listing: Promise<void> = Promise.resolve();
  #timer: TimerId | undefined;

  /** @throws GlasscastError `insecure-context`, `unsupported` */
  constructor(host: MediaHost) {
    this.#host = host;
    const { options, signal } = host;
    this.#page = options.page ?? globalThis.document;
    this.#hasOutputs = options.hasOutputs ?? 'setSinkId' in (globalThis.HTMLMediaElement?.prototype ?? {});
    this.#timers = options.timers ?? realmTimers;
    this.#devices = options.devices() ?? mediaDevicesOf(globalThis);
    this.#swap = new DeviceSwap(host);
    this.#devices.addEventListener('devicechange', () => void this.#changed(), { signal });
    this.#page?.addEventListener('visibilitychange', () => this.#visibilityChanged(), { signal });
    signal.addEventListener('abort', () => this.#timers.clearTimeout(this.#timer), { once: true });
  }

  /** Lists the devices anew, and tells when something is different. */
  refresh(): Promise<void> {
    this.#listing = this.#listing.then(() => this.#list());
    return this.#listing;
  }

  async switchTo(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    if (kind === 'audiooutput') this.#host.memory.set(kind, deviceId);
    else await this.#switchInput(kind, deviceId);
    await this.refresh();
  }

  /** The track of a device has ended by itself. */
  lost(kind: CaptureKind, track: MediaStreamTrack): Promise<void> {
    return this.#host.queue([kind], () => this.#replace(kind, track));
  }

  async adjust(): Promise<void> {
    await Promise.all(KINDS.map((kind) => this.#host.queue([kind], () => this.#adjust(kind))));
  }

  async #list(): Promise<void> {
    const { memory, signal } = this.#host;
    // Never rejects in practice; a list that is old is better than none.
    const found = await this.#devices.enumerateDevices().catch(() => this.#found);
    if (signal.aborted) return;
    this.#found = found;
    const list = listDevices({
      found,
      tracks: this.#host.tracks(),
      output: memory.get('audiooutput'),
      hasOutputs: this.#hasOutputs,
      labels: this.#labels,
    });
    const told = JSON.stringify(list);
    if (told === this.#told) return;
    this.#told = told;
    this.#host.listed(list);
  }

  async #changed(): Promise<void> {
    await this.#listing;
    const before = this.#found;
    await this.refresh();
    for (const kind of KINDS) {
      const input = INPUTS[kind];
      const track = this.#host.tracks()[kind];
      // Chromium goes on with the device that was the system's choice, even when it has been unplugged.
      if (track !== null && hasMoved(before, this.#found, input, track)) void this.lost(kind, track);
      const arrived = arrivals(before, this.#found, input);
      if (arrived.length === 0) continue;
      const chosen = this.#host.memory.get(input);
      if (track === null) this.#comeBack(kind);
      else if (chosen !== null && arrived.includes(chosen)) void this.switchTo(input, chosen);
    }
  }

  /** What the user has turned on, and was not there to be had. */
  #comeBack(kind: CaptureKind): void {
    if (this.#host.wanted(kind) && this.#host.tracks()[kind] === null) void this.#host.open([kind]);
  }

  async #switchInput(input: 'audioinput' | 'videoinput', deviceId: string): Promise<void> {
    const host = this.#host;
    const kind = input === 'audioinput' ? 'audio' : 'video';
    await host.queue([kind], async () => {
      const current = host.tracks()[kind];
      const stays = current === null || deviceOf(this.#found, input, current) === deviceId;
      if (stays || (await this.#swap.exchange(kind, current, deviceId))) host.memory.set(input, deviceId);
    });
    this.#comeBack(kind);
  }

  async #replace(kind: CaptureKind, track: MediaStreamTrack): Promise<void> {
    const host = this.#host;
    if (host.tracks()[kind] !== track) return;
    // Browsers may put off the answer until the page is seen: meanwhile nothing is live.
    if (this.#hidden) host.put(kind, null);
    const error = await this.#swap.replace(kind, track);
    if (error === null) return;
    if (this.#hidden) this.#interrupted.add(kind);
    else host.refused(error, [kind]);
  }

  async #adjust(kind: CaptureKind): Promise<void> {
    const track = this.#host.tracks()[kind];
    if (track !== null) await this.#swap.adjust(kind, track);
  }

  get #hidden(): boolean {
    return this.#page?.visibilityState === 'hidden';
  }

  #visibilityChanged(): void {
    if (this.#hidden) return;
    for (const kind of this.#interrupted) this.#comeBack(kind);
    this.#interrupted.clear();
    if (KINDS.some((kind) => this.#host.tracks()[kind]?.muted)) this.#expectUnmute();
  }

  /** iOS mutes what is captured during a telephone call, and sometimes forgets to unmute it. */
  #expectUnmute(): void {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => {
      for (const kind of KINDS) {
        const track = this.#host.tracks()[kind];
        if (track?.muted && !this.#hidden) void this.lost(kind, track);
      }
    }, UNMUTE_MS);
  }
}

/** Ids that were not in the list before; of devices without an id, as before the page may use any, one for each that is more. */
function arrivals(before: readonly MediaDeviceInfo[], now: readonly MediaDeviceInfo[], kind: MediaDeviceKind): readonly string[] {
  const left = before.filter((one) => one.kind === kind).map(({ deviceId }) => deviceId);
  return now
    .filter((one) => one.kind === kind)
    .map(({ deviceId }) => deviceId)
    .filter((deviceId) => {
      const known = left.indexOf(deviceId);
      if (known !== -1) left.splice(known, 1);
      return known === -1;
    });
}
