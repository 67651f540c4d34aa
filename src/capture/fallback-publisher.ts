/**
 * A broadcast that goes on with a recorder where its encoders give up, before it is live or while it is: in the same session, as another epoch.
 *
 *   encoding ──an encoder gives up──▶ changing ──the recorder is loaded──▶ recording
 *   stop(), close(), from any of them ──▶ closed
 */
import { GlasscastError } from '../protocol/errors.ts';
import {
  type Card,
  type FeedOf,
  type InputName,
  type MediaFeeds,
  type PublisherEvent,
  type PublisherState,
  toErrorData,
} from './publisher-events.ts';
import type { PublisherHost } from './publisher-host.ts';
import type { EncodingOptions, StreamInfo, UplinkOptions } from './publisher-options.ts';
import { openAudioFeed, openVideoFeed, trackOf } from './track-feeds.ts';

/** Opens a publisher that tells what happens to it. */
export type OpenPublisher = (onEvent: (event: PublisherEvent) => void) => Promise<PublisherHost>;

export interface FallbackOptions {
  readonly openFirst: OpenPublisher;
  readonly openRecorder: OpenPublisher;
  /** Ends a session that nobody is connected to. */
  readonly endSession: (uplink: UplinkOptions) => Promise<void>;
  readonly emit: (event: PublisherEvent) => void;
}

export class FallbackPublisher implements PublisherHost {
  readonly #options: FallbackOptions;
  readonly #tracks = new Map<InputName, MediaStreamTrack>();
  /** Null while it is being changed. */
  #host: PublisherHost | null = null;
  #closed = false;
  #state: PublisherState = 'idle';
  #card: Card | null = null;
  /** The server keeps a session that the host is not connected to. */
  #left = false;
  #joined = false;
  #start: { readonly encoding: EncodingOptions; readonly uplink: UplinkOptions } | null = null;

  private constructor(options: FallbackOptions) {
    this.#options = options;
  }

  static async open(options: FallbackOptions): Promise<FallbackPublisher> {
    const publisher = new FallbackPublisher(options);
    publisher.#host = await options.openFirst((event) => publisher.#receive(event));
    return publisher;
  }

  get runsIn(): 'worker' | 'page' {
    return this.#host?.runsIn ?? 'page';
  }

  attach(feeds: MediaFeeds): void {
    this.#keep('main', feeds.video);
    this.#keep('sound', feeds.audio);
    this.#host?.attach(feeds);
  }

  start(encoding: EncodingOptions, uplink: UplinkOptions): void {
    this.#start = { encoding, uplink };
    this.#host?.start(encoding, uplink);
  }

  replace<I extends InputName>(input: I, feed: FeedOf<I> | null): void {
    this.#keep(input, feed);
    if (this.#host !== null) this.#host.replace(input, feed);
    // The track alone is wanted; a feed that broke by itself is closed all the same.
    else feed?.cancel().catch(() => undefined);
  }

  setCard(card: Card | null): void {
    this.#card = card;
    this.#host?.setCard(card);
  }

  setEncoding(encoding: EncodingOptions): void {
    if (this.#start !== null) this.#start = { ...this.#start, encoding };
    this.#host?.setEncoding(encoding);
  }

  setToken(token: string): void {
    this.#changeUplink({ token });
    this.#host?.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    this.#changeUplink({ info: { ...this.#start?.uplink.info, ...info } });
    this.#host?.setInfo(info);
  }

  async stop(): Promise<void> {
    this.#closed = true;
    // What is still being loaded is let go of once it is there.
    await this.#host?.stop();
    if (this.#left && this.#start !== null) await this.#options.endSession(this.#start.uplink);
  }

  close(): void {
    this.#closed = true;
    this.#host?.close();
  }

  #keep(input: InputName, feed: ReadableStream | null): void {
    const track = feed === null ? null : trackOf(feed);
    if (track === null) this.#tracks.delete(input);
    else this.#tracks.set(input, track);
  }

  #changeUplink(change: Partial<UplinkOptions>): void {
    if (this.#start !== null) this.#start = { ...this.#start, uplink: { ...this.#start.uplink, ...change } };
  }

  #receive(event: PublisherEvent): void {
    // Whoever insists on a codec does not get another one.
    const isFree = (this.#start?.encoding.codec ?? 'auto') === 'auto';
    if (event.type === 'failed' && event.encoder === true && isFree && !this.#closed) {
      const { code, message } = event.error;
      void this.#change(new GlasscastError(code, `${message} Going on with its recorder.`, { cause: event.error.cause }));
      return;
    }
    if (event.type === 'state') {
      // What gives up has ended, and the broadcast has not.
      if (event.state === 'ended' && !this.#closed) return;
      this.#state = event.state;
    }
    // Whoever joins again by it is the same broadcaster, and has taken over already.
    if (event.type === 'joined') {
      this.#joined = true;
      this.#left = false;
      this.#changeUplink({ publishKey: event.publishKey, takeOver: false });
    }
    // What blocks the socket blocks it for whoever goes on, too.
    if (event.type === 'report' && event.report.transport === 'http') this.#changeUplink({ transport: 'http' });
    if (event.type === 'input-ended') this.#tracks.delete(event.input);
    this.#options.emit(event);
  }

  async #change(reason: GlasscastError): Promise<void> {
    this.#host?.close();
    this.#host = null;
    this.#left = this.#joined;
    this.#options.emit({ type: 'notice', error: toErrorData(reason) });
    if (this.#state === 'live') this.#options.emit({ type: 'state', state: 'reconnecting' });
    try {
      const host = await this.#options.openRecorder((event) => this.#receive(event));
      if (this.#closed) {
        host.close();
        return;
      }
      this.#host = host;
      const main = this.#tracks.get('main');
      const sound = this.#tracks.get('sound');
      // Without a picture its card is recorded.
      const video = main === undefined ? new ReadableStream<VideoFrame>() : openVideoFeed(main);
      host.attach({ video, audio: sound === undefined ? null : openAudioFeed(sound) });
      host.setCard(this.#card);
      if (this.#start !== null) host.start(this.#start.encoding, this.#start.uplink);
    } catch (cause) {
      this.#options.emit({ type: 'failed', error: toErrorData(cause) });
    }
  }
}
