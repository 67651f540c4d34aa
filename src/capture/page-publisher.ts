import type { TokenProvider } from '../signaling/connection.ts';
import { backgroundTimers } from '../workers/background-timers.ts';
import { Publisher } from './publisher.ts';
import type { Card, FeedOf, InputName, MediaFeeds, PublisherEvent } from './publisher-events.ts';
import type { PublisherHost } from './publisher-host.ts';
import type { EncodingOptions, StreamInfo, UplinkOptions } from './publisher-options.ts';
import { wallClock } from './wall-clock.ts';

/** A publisher on the page's own thread, where no worker can be had. */
export class PagePublisher implements PublisherHost {
  readonly runsIn = 'page';
  readonly #publisher: Publisher;

  constructor(tokenProvider: TokenProvider, onEvent: (event: PublisherEvent) => void) {
    this.#publisher = new Publisher({ now: wallClock, timers: backgroundTimers(), tokenProvider }, onEvent);
  }

  attach(feeds: MediaFeeds): void {
    this.#publisher.attach(feeds);
  }

  start(encoding: EncodingOptions, uplink: UplinkOptions): void {
    this.#publisher.start(encoding, uplink);
  }

  replace<I extends InputName>(input: I, feed: FeedOf<I> | null): void {
    this.#publisher.replace(input, feed);
  }

  setCard(card: Card | null): void {
    this.#publisher.setCard(card);
  }

  setEncoding(encoding: EncodingOptions): void {
    this.#publisher.setEncoding(encoding);
  }

  setToken(token: string): void {
    this.#publisher.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    this.#publisher.setInfo(info);
  }

  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  close(): void {
    void this.#publisher.stop();
  }
}
