/** One go at being on air, from the sources to the uplink: what a broadcast begins at a preview or a start, and lets go of at its end. */
import { GlasscastError } from '../protocol/errors.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import type { DeviceList } from '../webrtc/device-choice.ts';
import type { BroadcastSettings } from './broadcast-handler.ts';
import { sameCapture } from './devices.ts';
import type { ErrorData, PublisherEvent } from './publisher-events.ts';
import { toError } from './publisher-events.ts';
import { openPublisher, type PublisherHost } from './publisher-host.ts';
import type { EncodingOptions } from './publisher-options.ts';
import { BroadcastSources, type SourceInput, type SourceWishes } from './sources/broadcast-sources.ts';
import type { CardText } from './sources/source-choice.ts';
import { openAudioFeed, openFeeds, openVideoFeed, requireEncoders } from './track-feeds.ts';

export interface RunHandler {
  /** What is sent of an input is another; null is nothing. */
  shown(input: SourceInput, track: MediaStreamTrack | null): void;
  sourcesChanged(): void;
  devices(list: DeviceList): void;
  notice(error: GlasscastError): void;
  event(event: PublisherEvent): void;
}

export interface RunOpening {
  /** What viewers see instead of the picture, just now. */
  readonly card: () => CardText | null;
  /** Whether somebody waits for it to be live, who is to confirm that there is no sound. */
  readonly isStarting: () => boolean;
}

export class BroadcastRun {
  readonly sources: BroadcastSources;
  readonly #handler: RunHandler;
  readonly #abort = new AbortController();
  readonly #live = Promise.withResolvers<void>();
  readonly #fedAgain = new WeakSet<MediaStreamTrack>();
  /** Of the preview, until it goes on air. */
  settings: BroadcastSettings;
  #host: PublisherHost | null = null;
  /** Why there is no microphone though one was wanted, until the user has been told. */
  #silence: GlasscastError | null = null;

  constructor(settings: BroadcastSettings, wishes: SourceWishes, handler: RunHandler) {
    this.settings = settings;
    this.#handler = handler;
    // Told to the handler too: a preview that fails has nobody who waits for it to be live.
    this.#live.promise.catch(() => undefined);
    this.sources = new BroadcastSources(settings.capture, wishes, {
      track: (input, track) => this.#trackChanged(input, track),
      changed: () => handler.sourcesChanged(),
      devices: (list) => handler.devices(list),
      notice: (error) => handler.notice(error),
    });
    this.sources.setOverlays(settings.overlays ?? null);
  }

  /** Null until the sources are open, and what is to send them. */
  get host(): PublisherHost | null {
    return this.#host;
  }

  /** Rejects with why it never was. */
  get live(): Promise<void> {
    return this.#live.promise;
  }

  /** Sources, publisher, and the ones into the other. */
  async open({ card, isStarting }: RunOpening): Promise<void> {
    const { signal } = this.#abort;
    // Before anybody is asked for a camera that could not be used.
    requireEncoders();
    this.#silence = await this.sources.open();
    if (signal.aborted) throw new GlasscastError('aborted', 'Stopped before the camera was open.');
    if (this.#silence !== null && (this.#silence.code !== 'permission-denied' || !isStarting())) {
      this.#handler.notice(silenceNotice(this.#silence));
      this.#silence = null;
    }
    const { workerUrl, tokenProvider, encoding } = this.settings;
    const host = await openPublisher({
      workerUrl,
      tokenProvider: () => askToken(tokenProvider),
      ...(encoding.tier === undefined ? {} : { tier: encoding.tier }),
      withSound: this.sources.tracks.sound !== null,
      onEvent: (event) => this.#handler.event(event),
    });
    if (signal.aborted) {
      host.close();
      throw new GlasscastError('aborted', 'Stopped before the broadcast began.');
    }
    const { main, inset, sound } = this.sources.tracks;
    if (main === null) throw new GlasscastError('device-not-found', 'The camera is gone. Connect it again, then try anew.');
    this.#host = host;
    host.attach(openFeeds({ video: main, audio: sound }));
    if (inset !== null) host.replace('inset', openVideoFeed(inset));
    const shown = card();
    if (shown !== null) host.setCard(shown);
  }

  /** Why the first start is to be confirmed by another; null from then on. */
  takeSilence(): GlasscastError | null {
    const silence = this.#silence;
    this.#silence = null;
    return silence?.code === 'permission-denied' ? silence : null;
  }

  wentLive(): void {
    this.#live.resolve();
  }

  /**
   * Other sizes, rates, layers or sound processing. Sound that is added stays.
   * @throws GlasscastError why the microphone cannot be had; without it, all goes on
   */
  async adjust({ capture, encoding, overlays }: Pick<BroadcastSettings, 'capture' | 'encoding' | 'overlays'>): Promise<void> {
    const before = this.settings;
    const after = {
      ...before,
      capture: { ...capture, audio: before.capture.audio || capture.audio },
      encoding,
      ...(overlays === undefined ? {} : { overlays }),
    };
    this.settings = after;
    this.sources.setOverlays(after.overlays ?? null);
    if (!sameEncoding(before.encoding, encoding)) this.#host?.setEncoding(encoding);
    if (sameCapture(before.capture, after.capture)) return;
    try {
      await this.sources.adjust(after.capture);
    } catch (error) {
      this.settings = { ...this.settings, capture: { ...this.settings.capture, audio: before.capture.audio } };
      throw error;
    }
  }

  /** A track that has ended is replaced by the sources; a feed that broke while its track goes on is opened anew, once. */
  feedAgain(input: SourceInput, error: ErrorData | null): void {
    const track = this.sources.tracks[input];
    if (error === null || track?.readyState !== 'live' || this.#fedAgain.has(track)) return;
    this.#fedAgain.add(track);
    this.#handler.notice(toError(error));
    this.#trackChanged(input, track);
  }

  /**
   * Browsers may give nothing of a camera that goes on (Chromium on a busy computer, from the start of its feed on): its feed is opened anew.
   * @param times two seconds have passed since its last picture
   */
  cameraStands(times: number): void {
    const track = this.sources.tracks.main;
    if (!this.sources.showsCamera || track?.readyState !== 'live' || track.muted) return;
    if (times === 2) this.#handler.notice(new GlasscastError('media', 'The camera gives no pictures. Is another program using it?'));
    this.#host?.replace('main', openVideoFeed(track));
  }

  /** What is still being opened is not wanted any more, nor what waits for it to be live. */
  callOff(reason: GlasscastError): void {
    this.#abort.abort();
    this.#live.reject(reason);
  }

  closeMedia(): void {
    const open = this.sources.tracks;
    if (!this.sources.close()) return;
    for (const input of ['main', 'inset', 'sound'] as const) if (open[input] !== null) this.#handler.shown(input, null);
  }

  #trackChanged(input: SourceInput, track: MediaStreamTrack | null): void {
    if (this.#abort.signal.aborted) return;
    this.#handler.shown(input, track);
    if (this.#host === null) return;
    if (track === null) this.#host.replace(input, null);
    else if (input === 'sound') this.#host.replace(input, openAudioFeed(track));
    else this.#host.replace(input, openVideoFeed(track));
  }
}

/** Plain data, and always of one making. */
const sameEncoding = (a: EncodingOptions, b: EncodingOptions): boolean => JSON.stringify(a) === JSON.stringify(b);

const silenceNotice = (reason: GlasscastError): GlasscastError =>
  reason.code === 'device-not-found'
    ? new GlasscastError('device-not-found', 'No microphone was found; going on without sound.', { cause: reason })
    : reason;

async function askToken(provider: TokenProvider | undefined): Promise<string> {
  if (provider === undefined) throw new GlasscastError('unauthorized', 'The page has no token.');
  return await provider();
}
