import { GlasscastError } from '../protocol/errors.ts';
import { Emitter } from '../signaling/emitter.ts';
import { type DeviceList, NO_DEVICES } from './device-choice.ts';
import { DeviceMemory, INPUTS } from './device-memory.ts';
import type { DeviceWatch } from './device-watch.ts';
import type { Considered, Insistence } from './media-error.ts';
import type { CaptureKind, LocalMediaOptions, MediaHost } from './media-host.ts';
import { NO_TRACKS, type Slot, type SlotTracks } from './slots.ts';

export interface LocalMediaEvents {
  /** The track of a slot came, went, was replaced or muted. */
  change: Slot;
  /** Devices came or went, or another one is live. */
  devices: DeviceList;
  /** A device could not be had, or was lost. `details.kinds` says which, where that is known. */
  error: GlasscastError;
}

/** What stands between the camera and whoever sees it: told the camera's track, or null while it is off, it says what is shown and sent. */
export type CameraFilter = (camera: MediaStreamTrack | null) => MediaStreamTrack | null;

/** From the camera to a picture elsewhere takes less, mostly. */
const CALM_MS = 600;

/**
 * Turning the camera off must turn its light off, which only stopping the track does; a microphone is muted in place.
 *
 * What a first call does without is loaded when it is needed: the watch over devices once a track is live, screen capture when asked for.
 */
export class LocalMedia extends Emitter<LocalMediaEvents> {
  readonly #options: LocalMediaOptions;
  readonly #memory: DeviceMemory;
  /** As they come from the devices. */
  #tracks: SlotTracks = NO_TRACKS;
  #shown: SlotTracks = NO_TRACKS;
  #filter: CameraFilter = (camera) => camera;
  #devices: DeviceList = NO_DEVICES;
  /** What the user wants to be on, which a pending prompt must find unchanged when it is answered. */
  readonly #wanted: Record<CaptureKind, boolean> = { audio: false, video: false };
  readonly #pending: Record<CaptureKind, Promise<void> | null> = { audio: null, video: null };
  readonly #closing = new AbortController();
  readonly #host: MediaHost;
  #watch: Promise<DeviceWatch> | undefined;
  /** Ends the wait for the user's choice of a screen. */
  #sharing: AbortController | undefined;

  constructor(options: LocalMediaOptions) {
    super();
    this.#options = options;
    this.#memory = new DeviceMemory(options.storage ?? (() => localStorage));
    this.#host = {
      options,
      memory: this.#memory,
      signal: this.#closing.signal,
      tracks: () => this.#tracks,
      wanted: (kind) => this.#wanted[kind],
      put: (slot, track) => this.#put(slot, track),
      queue: (kinds, work) => this.#queue(kinds, work),
      open: (kinds) => this.open(kinds),
      listed: (devices) => {
        this.#devices = devices;
        this.emit('devices', devices);
      },
      failed: (error) => this.#failed(error),
      refused: (error, kinds) => this.#refused(error, kinds),
    };
  }

  /** What is shown and sent. The same object until one of them changes. */
  get tracks(): SlotTracks {
    return this.#shown;
  }

  /** Ends with the local media. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** What there is to choose from, and what is live; empty until a track has been live or {@link watchDevices} was called. */
  get devices(): DeviceList {
    return this.#devices;
  }

  get microphoneEnabled(): boolean {
    return this.#tracks.audio?.enabled ?? false;
  }

  get cameraEnabled(): boolean {
    return this.#shown.video !== null;
  }

  get screenEnabled(): boolean {
    return this.#tracks.screen !== null;
  }

  /**
   * Asks for camera and microphone with one prompt. What cannot be had is reported as an `error` event and stays off; what can, comes.
   * What is there already is kept, unmuted. Never rejects.
   */
  async open(kinds: readonly CaptureKind[]): Promise<void> {
    for (const kind of kinds) this.#wanted[kind] = true;
    if (kinds.includes('audio')) this.#unmute(true);
    await this.#queue(kinds, async () => {
      const missing = kinds.filter((kind) => this.#wanted[kind] && this.#tracks[kind] === null);
      for (const refusal of await this.#acquire(missing)) this.#refused(...refusal);
    });
  }

  /** Unmutes, asking for a microphone first where there is none, or mutes. */
  async setMicrophoneEnabled(enabled: boolean): Promise<void> {
    this.#wanted.audio = enabled;
    this.#unmute(enabled);
    await this.#pending.audio;
    if (this.#wanted.audio && this.#tracks.audio === null) await this.open(['audio']);
  }

  /** Opens the camera, or closes it, with its light. */
  async setCameraEnabled(enabled: boolean): Promise<void> {
    this.#wanted.video = enabled;
    if (!enabled) this.#put('video', null);
    await this.#pending.video;
    if (this.#wanted.video && this.#tracks.video === null) await this.open(['video']);
  }

  /**
   * Lets the user choose a screen, a window or a tab to share, with its sound where the browser has it. Closing that question is no error.
   * Needs a recent click or key press. Never rejects.
   */
  async startScreenShare(): Promise<void> {
    if (this.screenEnabled || this.#sharing !== undefined || this.#closed) return;
    const sharing = new AbortController();
    this.#sharing = sharing;
    try {
      const { shareScreen } = await import('./screen-capture.ts');
      await shareScreen(this.#host, sharing.signal);
    } catch (cause) {
      this.#failed((await considered(cause)).error);
    }
    if (this.#sharing === sharing) this.#sharing = undefined;
  }

  /** Ends the share, or the question what to share. */
  stopScreenShare(): void {
    this.#sharing?.abort('stopped');
    this.#sharing = undefined;
    this.#put('screen', null);
    this.#put('screenAudio', null);
  }

  /**
   * Changes to another device of a kind, without a gap where the computer allows both at once. What is live afterwards is in
   * {@link devices}; a failure is an `error` event, and leaves the device before. Where none is live the choice holds for the next time.
   * Never rejects.
   */
  async switchDevice(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    await this.#withWatch((watch) => watch.switchTo(kind, deviceId));
  }

  /** Lists the devices also while none is live: their names are known where the page was allowed to use them before. */
  async watchDevices(): Promise<void> {
    await this.#withWatch((watch) => watch.refresh());
  }

  /**
   * Shows and sends what `filter` makes of the camera, from here on; to be called again when that is another track. The camera itself stays ours:
   * it is opened, exchanged and stopped as before.
   */
  filterCamera(filter: CameraFilter): void {
    this.#filter = filter;
    this.#changed('video');
  }

  /** Brings the constraints of now to what is live: in place, or else by opening the device anew. Never rejects. */
  async constraintsChanged(): Promise<void> {
    if (this.#tracks.audio !== null || this.#tracks.video !== null) await this.#withWatch((watch) => watch.adjust());
  }

  /** Stops everything, also what is granted later. */
  close(): void {
    this.#closing.abort('closed');
    this.#wanted.audio = false;
    this.#wanted.video = false;
    this.#put('audio', null);
    this.#put('video', null);
    this.stopScreenShare();
    this.removeAllListeners();
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** One step at a time for a kind: a prompt, a change of device, the search for another one. */
  async #queue(kinds: readonly CaptureKind[], work: () => Promise<void>): Promise<void> {
    const before = kinds.map((kind) => this.#pending[kind]).filter((pending) => pending !== null);
    const done = before.length === 0 ? work() : Promise.all(before).then(work);
    for (const kind of kinds) this.#pending[kind] = done;
    await done;
    for (const kind of kinds) if (this.#pending[kind] === done) this.#pending[kind] = null;
  }

  /**
   * Resolves with what could not be had, and why. Chromium lets the user's settings overrule an ideal device, so what was chosen is insisted on
   * as long as it is there.
   */
  async #acquire(kinds: readonly CaptureKind[], how: Insistence = 'exact'): Promise<readonly Refusal[]> {
    if (kinds.length === 0 || this.#closed) return [];
    try {
      const constraints = this.#options.constraints();
      const devices = this.#options.devices() ?? (await import('./media-error.ts')).mediaDevicesOf(globalThis);
      const wish = (kind: CaptureKind): MediaTrackConstraints | false =>
        kinds.includes(kind) && { ...constraints[kind], ...this.#memory.wish(INPUTS[kind], how) };
      const stream = await devices.getUserMedia({ audio: wish('audio'), video: wish('video') });
      for (const track of stream.getTracks()) this.#put(track.kind === 'audio' ? 'audio' : 'video', track);
      return [];
    } catch (cause) {
      const { error, ways } = await considered(cause, kinds, how, (kind) => this.#memory.get(INPUTS[kind]) !== null);
      const refusals: Refusal[] = [];
      for (const way of ways) refusals.push(...(await this.#acquire(...way)));
      // What stands in the way of all is said once.
      const alike = refusals.length === ways.length && refusals.every(([{ code }]) => code === error.code);
      return alike ? [[error, kinds]] : refusals;
    }
  }

  #unmute(enabled: boolean): void {
    const track = this.#tracks.audio;
    if (track === null || track.enabled === enabled) return;
    track.enabled = enabled;
    this.emit('change', 'audio');
  }

  #changed(slot: Slot): void {
    this.#shown = { ...this.#tracks, video: this.#filter(this.#tracks.video) };
    this.emit('change', slot);
  }

  #put(slot: Slot, track: MediaStreamTrack | null): void {
    const before = this.#tracks[slot];
    if (before === track) return;
    // Granted after the element was removed, or after the user changed their mind.
    if (track !== null && (this.#closed || (slot === 'video' && !this.#wanted.video))) {
      track.stop();
      return;
    }
    if (slot === 'audio' && track !== null) track.enabled = this.#wanted.audio;
    // Taken back by the user or the browser, or unplugged; `stop()` fires no such event.
    // Chromium may keep a track for longer than the page does: that must not keep the page's call as well.
    track?.addEventListener('ended', () => void this.#ended(slot, track), { once: true, signal: this.#closing.signal });
    this.#tracks = { ...this.#tracks, [slot]: track };
    this.#changed(slot);
    before?.stop();
    // Not in the way of the first picture.
    if (!this.#closed && (slot === 'audio' || slot === 'video')) setTimeout(() => void this.watchDevices(), CALM_MS);
  }

  async #ended(slot: Slot, track: MediaStreamTrack): Promise<void> {
    if (this.#tracks[slot] !== track) return;
    if (slot === 'screen') this.stopScreenShare();
    else if (slot === 'screenAudio') this.#put(slot, null);
    else if (!(await this.#withWatch((watch) => watch.lost(slot, track)))) this.#put(slot, null);
  }

  /** Says whether the watch could be loaded: without a network nobody follows the devices, and calls go on as they are. */
  async #withWatch(use: (watch: DeviceWatch) => Promise<void>): Promise<boolean> {
    if (this.#closed) return false;
    let watch: DeviceWatch;
    try {
      this.#watch ??= import('./device-watch.ts').then(({ DeviceWatch }) => new DeviceWatch(this.#host));
      watch = await this.#watch;
    } catch {
      this.#watch = undefined;
      return false;
    }
    await use(watch);
    return true;
  }

  #refused({ code, message, cause }: GlasscastError, kinds: readonly CaptureKind[]): void {
    // A device that is plugged in later is still wanted.
    if (code === 'device-not-found') void this.watchDevices();
    else for (const kind of kinds) this.#wanted[kind] = false;
    this.#failed(new GlasscastError(code, message, { cause, details: { kinds } }));
  }

  #failed(error: GlasscastError): void {
    if (!this.#closed) this.emit('error', error);
  }
}

type Refusal = readonly [error: GlasscastError, kinds: readonly CaptureKind[]];

/** What went wrong, and what else may be asked for. The words for it are loaded when something has. */
async function considered(...failure: Parameters<typeof import('./media-error.ts').consider>): Promise<Considered> {
  try {
    const { consider } = await import('./media-error.ts');
    return consider(...failure);
  } catch {
    // The network is gone as well: the browser's own words are better than none.
    const [cause] = failure;
    return { error: new GlasscastError('media', String(cause), { cause }), ways: [] };
  }
}
