/**
 * What a broadcast shows and lets hear: camera, screen or element, the camera over them, and the sounds. Switching opens the next
 * source before it lets go of the one before; a camera that nobody sees is turned off.
 */
import { GlasscastError } from '../../protocol/errors.ts';
import { loaded } from '../../signaling/missing-part.ts';
import type { DeviceList } from '../../webrtc/device-choice.ts';
import { LocalMedia } from '../../webrtc/local-media.ts';
import type { CaptureKind } from '../../webrtc/media-host.ts';
import { type CaptureRequest, constraintsOf } from '../devices.ts';
import { DeviceAccess, noPicture } from './device-access.ts';
import { ElementCapture } from './element-capture.ts';
import { FilePlayer } from './file-player.ts';
import { MoreMicrophones } from './more-microphones.ts';
import { MutedTracks } from './muted-tracks.ts';
import { OverlaidPicture, type OverlaySettings } from './overlaid-picture.ts';
import { SoundDesk } from './sound-desk.ts';
import type { SoundInput } from './sound-mixer.ts';
import type { SourceChoice } from './source-choice.ts';

export type SourceInput = 'main' | 'inset' | 'sound';

/** What the user wants, which outlives a broadcast. */
export interface SourceWishes {
  choice: SourceChoice;
  inset: boolean;
  microphone: boolean;
  gain: number;
}

export interface SourcesHandler {
  /** Another track is to be sent, or none. */
  track(input: SourceInput, track: MediaStreamTrack | null): void;
  /** A wish has changed by itself: the screen is no longer shared, the file has ended. */
  changed(): void;
  devices(list: DeviceList): void;
  notice(error: GlasscastError): void;
}

const CAMERA: SourceChoice = { kind: 'camera' };

export class BroadcastSources {
  readonly #wishes: SourceWishes;
  readonly #handler: SourcesHandler;
  readonly #media: LocalMedia;
  readonly #access: DeviceAccess;
  readonly #desk: SoundDesk;
  readonly #more: MoreMicrophones;
  readonly #muted: MutedTracks;
  readonly #pictures: Readonly<Record<'main' | 'inset', OverlaidPicture>>;
  readonly #sent: Record<SourceInput, MediaStreamTrack | null> = { main: null, inset: null, sound: null };
  #capture: CaptureRequest;
  #element: ElementCapture | null = null;
  #player: FilePlayer | null = null;
  /** Why there is no picture though its source is open. */
  #hidden: GlasscastError | null = null;
  #opening = false;
  #steps: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param wishes are changed in place */
  constructor(capture: CaptureRequest, wishes: SourceWishes, handler: SourcesHandler) {
    this.#capture = capture;
    this.#wishes = wishes;
    this.#handler = handler;
    const notice = (error: GlasscastError): void => {
      if (!this.#closed) handler.notice(error);
    };
    const update = (): void => this.#update();
    this.#pictures = { main: this.#picture('main', notice), inset: this.#picture('inset', notice) };
    this.#desk = new SoundDesk({ track: (track) => this.#send('sound', track), notice });
    const microphonesChanged = (): void => {
      update();
      handler.changed();
    };
    this.#more = new MoreMicrophones(microphonesChanged, notice);
    this.#muted = new MutedTracks(update, notice);
    this.#media = new LocalMedia({
      devices: () => globalThis.navigator?.mediaDevices,
      constraints: () => constraintsOf(this.#capture),
    });
    this.#media.on('change', (slot) => {
      if (slot === 'screen' && this.#media.tracks.screen === null) this.#screenEnded();
      update();
    });
    this.#media.on('devices', (list) => {
      handler.devices(list);
      void this.#more.listed(list.audioinput.map(({ deviceId }) => deviceId));
    });
    this.#access = new DeviceAccess(this.#media, notice);
  }

  /** What is to be sent now. */
  get tracks(): Readonly<Record<SourceInput, MediaStreamTrack | null>> {
    return this.#sent;
  }

  /** Whether the whole picture is the camera's. */
  get showsCamera(): boolean {
    return this.#wishes.choice.kind === 'camera' || this.#element?.hasPicture === false;
  }

  /** Devices of the microphones beside the first. */
  get moreMicrophones(): readonly string[] {
    return this.#more.deviceIds;
  }

  /**
   * Opens what is wanted, asking the user where needed. Without a microphone, or where it alone is blocked, the picture is opened.
   * @returns why there is no microphone, or null
   * @throws GlasscastError why there is no picture
   */
  async open(): Promise<GlasscastError | null> {
    const { choice } = this.#wishes;
    // First, while the click that the browser asks for is fresh.
    if (choice.kind === 'screen') await this.#access.shareScreen(this.#capture);
    if (choice.kind === 'element') this.#element = new ElementCapture(choice.element, () => this.#update());
    const kinds: CaptureKind[] = this.#capture.audio ? ['audio'] : [];
    if (this.#needsCamera) kinds.unshift('video');
    const refusal = await this.#access.open(kinds, this.showsCamera);
    if (this.#closed) return null;
    if (!this.#wishes.microphone) await this.#media.setMicrophoneEnabled(false);
    this.#desk.gain = this.#wishes.gain;
    this.#opening = true;
    this.#update();
    await this.drawn;
    this.#opening = false;
    if (this.#closed) return null;
    if (this.#sent.main === null) throw refusal ?? this.#hidden ?? noPicture(choice.kind);
    return this.#capture.audio && this.#media.tracks.audio === null ? refusal : null;
  }

  /** @throws GlasscastError why it stays with the source before; a screen that the user does not choose is no error */
  setSource(choice: SourceChoice): Promise<void> {
    return this.#step(async () => {
      const element = choice.kind === 'element' ? new ElementCapture(choice.element, () => this.#update()) : null;
      if (choice.kind === 'screen') {
        if (!(await this.#access.chooseScreen(this.#capture, () => this.#become(CAMERA, null)))) return;
      } else if ((choice.kind === 'camera' || element?.hasPicture === false) && !this.#media.cameraEnabled)
        await this.#access.requireCamera();
      this.#become(choice, element);
    });
  }

  /** @throws GlasscastError where the camera cannot be had */
  setInset(on: boolean): Promise<void> {
    return this.#step(async () => {
      if (on && !this.#media.cameraEnabled) await this.#access.requireCamera();
      this.#wishes.inset = on;
      await this.#settle();
    });
  }

  /** @throws GlasscastError `media` */
  playFile(file: File): Promise<void> {
    const before = this.#wishes.choice.kind === 'element' ? CAMERA : this.#wishes.choice;
    return this.#step(async () => {
      const player = await FilePlayer.open(file, () => void this.#fileEnded(player, before));
      if (this.#closed) return player.close();
      try {
        await player.play();
        const element = new ElementCapture(player.element, () => this.#update());
        if (!element.hasPicture && !this.#media.cameraEnabled) await this.#access.requireCamera();
        this.#become({ kind: 'element', element: player.element }, element);
        this.#player = player;
      } catch (error) {
        player.close();
        throw error;
      }
    });
  }

  /** Draws on main picture and inset from here on; null leaves them as they are. What cannot be drawn is a notice. */
  setOverlays(overlays: OverlaySettings | null): void {
    for (const picture of Object.values(this.#pictures)) picture.setOverlays(overlays);
  }

  /** Resolves when what is to be drawn is, or cannot be. */
  get drawn(): Promise<unknown> {
    return Promise.all(Object.values(this.#pictures).map(({ settled }) => settled));
  }

  /** A failure is told as a notice, and leaves the device before. */
  switchDevice(kind: 'audioinput' | 'videoinput', deviceId: string): Promise<void> {
    return this.#media.switchDevice(kind, deviceId);
  }

  async mixMicrophone(deviceId: string, on: boolean): Promise<void> {
    if (on) await this.#more.add(deviceId, constraintsOf(this.#capture).audio);
    else this.#more.remove(deviceId);
  }

  async setMicrophoneEnabled(on: boolean): Promise<void> {
    this.#wishes.microphone = on;
    this.#more.enabled = on;
    if (this.#capture.audio) await this.#media.setMicrophoneEnabled(on);
  }

  setGain(gain: number): void {
    this.#wishes.gain = gain;
    this.#desk.gain = gain;
  }

  /**
   * Brings what is live to another size, frame rate or processing, in place where the browser does that. Sound may be added; once there is some,
   * it is muted instead of taken away.
   * @throws GlasscastError why there is no microphone
   */
  async adjust(capture: CaptureRequest): Promise<void> {
    const addsSound = capture.audio && !this.#capture.audio;
    this.#capture = { ...capture, audio: this.#capture.audio };
    await this.#media.constraintsChanged();
    if (addsSound) await this.#step(() => this.#addSound());
  }

  async #addSound(): Promise<void> {
    const refusal = await this.#access.ask(() => this.#media.open(['audio']));
    if (this.#closed) return;
    if (this.#media.tracks.audio === null) throw refusal ?? new GlasscastError('device-not-found', 'No microphone was found.');
    this.#capture = { ...this.#capture, audio: true };
    if (!this.#wishes.microphone) await this.#media.setMicrophoneEnabled(false);
    this.#desk.gain = this.#wishes.gain;
    this.#update();
  }

  watchDevices(): Promise<void> {
    return this.#media.watchDevices();
  }

  /** Stops everything, also what is granted later. Says whether that was still to do. */
  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#muted.close();
    this.#desk.close();
    this.#more.close();
    this.#access.close();
    this.#media.close();
    this.#releaseElement();
    for (const picture of Object.values(this.#pictures)) picture.close();
    return true;
  }

  /** One change of source at a time. */
  #step(work: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(async () => {
      if (this.#closed) throw new GlasscastError('aborted', 'The broadcast was stopped before its source was changed.');
      await work();
    });
    this.#steps = done.catch(() => undefined); // told to whoever asked
    return done;
  }

  get #needsCamera(): boolean {
    return this.showsCamera || this.#wishes.inset;
  }

  #become(choice: SourceChoice, element: ElementCapture | null): void {
    if (this.#closed) {
      element?.close();
      return;
    }
    const player = this.#player;
    const before = this.#element;
    this.#player = null;
    this.#element = element;
    this.#wishes.choice = choice;
    this.#update();
    before?.close();
    player?.close();
    void this.#settle();
    this.#handler.changed();
  }

  /** Lets go of what is no longer seen. */
  async #settle(): Promise<void> {
    this.#update();
    if (this.#wishes.choice.kind !== 'screen') this.#media.stopScreenShare();
    if (!this.#needsCamera && this.#media.cameraEnabled) await this.#media.setCameraEnabled(false);
  }

  /** The user has ended it in the browser's own bar: the camera takes over, and a card stands in until it is open. */
  #screenEnded(): void {
    if (this.#closed || this.#access.isChoosing || this.#wishes.choice.kind !== 'screen') return;
    void this.#fallBack(CAMERA);
  }

  async #fileEnded(player: FilePlayer, before: SourceChoice): Promise<void> {
    if (this.#player !== player) return;
    await this.#fallBack(before.kind === 'screen' && !this.#media.screenEnabled ? CAMERA : before);
  }

  async #fallBack(choice: SourceChoice): Promise<void> {
    try {
      await this.#step(async () => {
        if (choice.kind === 'camera' && !this.#media.cameraEnabled) await this.#access.requireCamera();
        this.#become(choice, null);
      });
    } catch (error) {
      if (!this.#closed && error instanceof GlasscastError) this.#handler.notice(error);
    }
  }

  #releaseElement(): void {
    // A file plays once.
    if (this.#player !== null) this.#wishes.choice = CAMERA;
    this.#element?.close();
    this.#element = null;
    this.#player?.close();
    this.#player = null;
  }

  #update(): void {
    if (this.#closed) return;
    const { choice, inset } = this.#wishes;
    const { video, screen } = this.#media.tracks;
    const camera = this.#muted.follow('camera', video);
    const main = choice.kind === 'screen' ? screen : choice.kind === 'element' ? this.#elementPicture(camera) : camera;
    this.#show('main', main);
    this.#show('inset', inset && choice.kind !== 'camera' && main !== camera ? camera : null);
    if (this.#capture.audio) this.#desk.inputs = this.#sounds();
  }

  #elementPicture(camera: MediaStreamTrack | null): MediaStreamTrack | null {
    return this.#element?.hasPicture === false ? camera : (this.#element?.video ?? null);
  }

  #sounds(): SoundInput[] {
    const { choice } = this.#wishes;
    const { audio, screenAudio } = this.#media.tracks;
    this.#muted.follow('microphone', audio);
    const microphones = [audio, ...this.#more.tracks].map((track) => ({ track, isMicrophone: true }));
    const others = [choice.kind === 'screen' ? screenAudio : null, choice.kind === 'element' ? (this.#element?.audio ?? null) : null];
    return [...microphones, ...others.map((track) => ({ track, isMicrophone: false }))].filter(
      (input): input is SoundInput => input.track !== null,
    );
  }

  #picture(input: 'main' | 'inset', notice: (error: GlasscastError) => void): OverlaidPicture {
    return new OverlaidPicture(
      {
        changed: () => this.#send(input, this.#pictures[input].output),
        notice,
        refused: (error) => {
          if (this.#opening && input === 'main') this.#hidden = error;
          else notice(error);
        },
      },
      async (track, options) => {
        const { openOverlaidTrack } = await loaded(import('../overlay/overlaid-track.ts'));
        return openOverlaidTrack(track, options);
      },
    );
  }

  #show(input: 'main' | 'inset', track: MediaStreamTrack | null): void {
    this.#pictures[input].setInput(track);
    this.#send(input, this.#pictures[input].output);
  }

  #send(input: SourceInput, track: MediaStreamTrack | null): void {
    if (this.#closed || this.#sent[input] === track) return;
    this.#sent[input] = track;
    this.#handler.track(input, track);
  }
}
