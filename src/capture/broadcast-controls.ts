import { GlasscastError } from '../protocol/errors.ts';
import type { BroadcastSources, SourceWishes } from './sources/broadcast-sources.ts';
import { type CardText, MAX_GAIN, type SourceChoice, UNCHANGED_GAIN } from './sources/source-choice.ts';

/** What can be changed of a broadcast at any time, before and while it is live. */
export abstract class BroadcastControls {
  protected readonly wishes: SourceWishes = { choice: { kind: 'camera' }, inset: false, microphone: true, gain: UNCHANGED_GAIN };
  #card: CardText | null = null;

  /** Null while off. */
  protected abstract get sources(): BroadcastSources | null;

  /** Something of what the getters here say has changed. */
  protected abstract sourcesChanged(): void;

  /** Where the picture comes from, or will once it is opened. */
  get source(): SourceChoice {
    return this.wishes.choice;
  }

  /** Whether the camera is shown over the screen or the element. */
  get inset(): boolean {
    return this.wishes.inset;
  }

  /** What viewers see while paused; null when they see the picture. */
  get pauseCard(): CardText | null {
    return this.#card;
  }

  get paused(): boolean {
    return this.#card !== null;
  }

  get microphoneEnabled(): boolean {
    return this.wishes.microphone;
  }

  /** Of the microphones, 0 to 4; 1 leaves them as they are. */
  get gain(): number {
    return this.wishes.gain;
  }

  /** The devices of microphones beside the first. */
  get mixedMicrophones(): readonly string[] {
    return this.sources?.moreMicrophones ?? [];
  }

  /** Shows a card and sends silence until {@link resume}; the session goes on. Does nothing while off. */
  pause(card: CardText): void {
    if (this.sources === null) return;
    this.showCard(card);
  }

  resume(): void {
    this.showCard(null);
  }

  /**
   * Changes the picture, and the sound that belongs to it, also while live. Resolves once it is sent; while off, what was chosen is opened
   * at the start. A question for a screen that the user closes leaves the source as it was.
   * @throws GlasscastError `permission-denied`, `device-not-found`, `device-in-use`, `unsupported`, `invalid`, `media`: the source before goes on
   */
  async setSource(source: SourceChoice): Promise<void> {
    if (this.sources === null) this.wishes.choice = source;
    else await this.sources.setSource(source);
    this.sourcesChanged();
  }

  /**
   * Shows the camera over the screen or the element, or no longer.
   * @throws GlasscastError why there is no camera
   */
  async setInset(on: boolean): Promise<void> {
    if (this.sources === null) this.wishes.inset = on;
    else await this.sources.setInset(on);
    this.sourcesChanged();
  }

  /**
   * Plays a film or a song into the broadcast, then goes back to what was shown before. Nothing of it is heard on this computer. Resolves
   * once it plays.
   * @throws GlasscastError `media` where the browser cannot play it, `unsupported`, `invalid` while off
   */
  async playFile(file: File): Promise<void> {
    if (this.sources === null) throw new GlasscastError('invalid', 'Open the preview or go live before you play a file.');
    await this.sources.playFile(file);
    this.sourcesChanged();
  }

  /** Changes to another camera or microphone, and remembers it. A failure is a notice, and leaves the one before. Never rejects. */
  async switchDevice(kind: 'audioinput' | 'videoinput', deviceId: string): Promise<void> {
    await this.sources?.switchDevice(kind, deviceId);
  }

  /**
   * Adds a microphone to the first one, or takes it away.
   * @throws GlasscastError why it cannot be had
   */
  async mixMicrophone(deviceId: string, on: boolean): Promise<void> {
    await this.sources?.mixMicrophone(deviceId, on);
    this.sourcesChanged();
  }

  setMicrophoneEnabled(on: boolean): void {
    this.wishes.microphone = on;
    void this.sources?.setMicrophoneEnabled(on);
    this.sourcesChanged();
  }

  /** @param gain of the microphones, 0 to 4 */
  setGain(gain: number): void {
    this.wishes.gain = Math.min(MAX_GAIN, Math.max(0, gain));
    this.sources?.setGain(this.wishes.gain);
    this.sourcesChanged();
  }

  protected showCard(card: CardText | null): void {
    this.#card = card;
  }
}
