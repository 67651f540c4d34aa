import { property } from 'lit/decorators.js';
import { ServerSettingsElement } from './server-settings-element.ts';

/** Events of the inner video that the element repeats. Like a video's own they do not bubble. */
export const MEDIA_EVENTS = [
  'abort',
  'canplay',
  'canplaythrough',
  'durationchange',
  'emptied',
  'ended',
  'enterpictureinpicture',
  'error',
  'leavepictureinpicture',
  'loadeddata',
  'loadedmetadata',
  'loadstart',
  'pause',
  'play',
  'playing',
  'progress',
  'ratechange',
  'resize',
  'seeked',
  'seeking',
  'stalled',
  'suspend',
  'timeupdate',
  'volumechange',
  'waiting',
] as const;

/** Properties of a video that a page may set before the element is defined; set again once they reach the video. */
const KEPT = [
  'currentTime',
  'defaultMuted',
  'defaultPlaybackRate',
  'disablePictureInPicture',
  'muted',
  'playbackRate',
  'preservesPitch',
  'volume',
] as const;

/**
 * The contract of HTMLMediaElement on an element of ours: properties, methods and events of the one `<video>` inside it. The video exists
 * from the constructor on, so what a page sets is kept whatever it is set before: the definition, the first render, the player.
 * `src`, `currentSrc`, `load()` and `error` belong to the subclass, since what the video itself plays is an implementation detail.
 */
export abstract class MediaElement extends ServerSettingsElement {
  /** Starts as soon as there is something to play; muted where the browser refuses sound without a touch. */
  @property({ type: Boolean, reflect: true }) autoplay = false;

  /** Shows the browser's own controls. */
  @property({ type: Boolean, reflect: true }) controls = false;

  /** Starts a recording over when it has ended. */
  @property({ type: Boolean, reflect: true }) loop = false;

  /** Picture shown until the first frame. */
  @property({ reflect: true }) poster = '';

  /** The video that plays. Its source is the player's to set. */
  protected readonly video: HTMLVideoElement = document.createElement('video');

  constructor() {
    super();
    // Without it a phone opens its full screen player at the first play.
    this.video.playsInline = true;
    for (const type of MEDIA_EVENTS) this.video.addEventListener(type, () => this.repeat(type));
    for (const name of KEPT) this.#keep(name);
  }

  /** Dispatches a media event at the element; a subclass may hold some back. */
  protected repeat(type: string): void {
    this.dispatchEvent(new Event(type));
  }

  /** An own property from before the definition hides the accessor: move its value into the video. */
  #keep(name: (typeof KEPT)[number]): void {
    if (!Object.hasOwn(this, name)) return;
    const value: unknown = Reflect.get(this, name);
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // HTML, "the muted attribute": it is the default, and counts when the element is made.
    if (this.hasAttribute('muted') && !this.hasUpdated) this.video.muted = true;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const { video } = this;
    if (changed.has('controls')) video.controls = this.controls;
    if (changed.has('loop')) video.loop = this.loop;
    if (changed.has('autoplay')) video.autoplay = this.autoplay;
    if (changed.has('poster')) {
      if (this.poster === '') video.removeAttribute('poster');
      else video.poster = this.poster;
    }
  }

  /** The video itself, for what this element does not repeat. */
  get nativeEl(): HTMLVideoElement {
    return this.video;
  }

  /** In seconds. Setting it leaves the live edge where that is far away; see `seekToLive`. */
  get currentTime(): number {
    return this.video.currentTime;
  }
  set currentTime(seconds: number) {
    this.video.currentTime = seconds;
  }

  /** The attribute `muted`: whether it starts without sound. */
  get defaultMuted(): boolean {
    return this.hasAttribute('muted');
  }
  set defaultMuted(muted: boolean) {
    this.toggleAttribute('muted', muted);
  }

  /** 1 is normal speed. */
  get defaultPlaybackRate(): number {
    return this.video.defaultPlaybackRate;
  }
  set defaultPlaybackRate(rate: number) {
    this.video.defaultPlaybackRate = rate;
  }

  get disablePictureInPicture(): boolean {
    return this.video.disablePictureInPicture;
  }
  set disablePictureInPicture(disabled: boolean) {
    this.video.disablePictureInPicture = disabled;
  }

  /** Whether the sound is off now. */
  get muted(): boolean {
    return this.video.muted;
  }
  set muted(muted: boolean) {
    this.video.muted = muted;
  }

  /** 1 is normal speed. Near the live edge the player holds it between 0.92 and 1.08. */
  get playbackRate(): number {
    return this.video.playbackRate;
  }
  set playbackRate(rate: number) {
    this.video.playbackRate = rate;
  }

  get preservesPitch(): boolean {
    return this.video.preservesPitch;
  }
  set preservesPitch(preserved: boolean) {
    this.video.preservesPitch = preserved;
  }

  /** 0 to 1; anything else throws an `IndexSizeError`. */
  get volume(): number {
    return this.video.volume;
  }
  set volume(volume: number) {
    this.video.volume = volume;
  }

  /** In seconds. */
  get buffered(): TimeRanges {
    return this.video.buffered;
  }

  /** In seconds; Infinity for a live stream, NaN until known. */
  get duration(): number {
    return this.video.duration;
  }

  get ended(): boolean {
    return this.video.ended;
  }

  get networkState(): number {
    return this.video.networkState;
  }

  get paused(): boolean {
    return this.video.paused;
  }

  get played(): TimeRanges {
    return this.video.played;
  }

  get readyState(): number {
    return this.video.readyState;
  }

  /** In seconds. */
  get seekable(): TimeRanges {
    return this.video.seekable;
  }

  get seeking(): boolean {
    return this.video.seeking;
  }

  get textTracks(): TextTrackList {
    return this.video.textTracks;
  }

  /** In pixels; 0 until known. */
  get videoHeight(): number {
    return this.video.videoHeight;
  }

  /** In pixels; 0 until known. */
  get videoWidth(): number {
    return this.video.videoWidth;
  }

  addTextTrack(kind: TextTrackKind, label?: string, language?: string): TextTrack {
    return this.video.addTextTrack(kind, label, language);
  }

  canPlayType(type: string): CanPlayTypeResult {
    return this.video.canPlayType(type);
  }

  /** Rejects with `NotAllowedError` where the browser wants a touch first, with `AbortError` when paused or loaded anew meanwhile. */
  play(): Promise<void> {
    return this.video.play();
  }

  pause(): void {
    this.video.pause();
  }

  getVideoPlaybackQuality(): VideoPlaybackQuality {
    return this.video.getVideoPlaybackQuality();
  }

  /** Rejects with `NotAllowedError` without a touch, with `InvalidStateError` before there is a picture. */
  requestPictureInPicture(): Promise<PictureInPictureWindow> {
    return this.video.requestPictureInPicture();
  }

  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
    return this.video.requestVideoFrameCallback(callback);
  }

  cancelVideoFrameCallback(handle: number): void {
    this.video.cancelVideoFrameCallback(handle);
  }

  /** Plays through another output device. Rejects with `NotFoundError` or `NotAllowedError`. */
  setSinkId(sinkId: string): Promise<void> {
    return this.video.setSinkId(sinkId);
  }
}

/** The constants of HTMLMediaElement, on the class and its instances as there. */
const CONSTANTS = {
  HAVE_NOTHING: 0,
  HAVE_METADATA: 1,
  HAVE_CURRENT_DATA: 2,
  HAVE_FUTURE_DATA: 3,
  HAVE_ENOUGH_DATA: 4,
  NETWORK_EMPTY: 0,
  NETWORK_IDLE: 1,
  NETWORK_LOADING: 2,
  NETWORK_NO_SOURCE: 3,
} as const;

for (const [name, value] of Object.entries(CONSTANTS)) {
  Object.defineProperty(MediaElement, name, { value });
  Object.defineProperty(MediaElement.prototype, name, { value });
}
