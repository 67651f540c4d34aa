/** A publisher as the page sees it: in a worker, or on the page itself where no worker can be had. */
import { GlasscastError } from '../protocol/errors.ts';
import type { Milliseconds } from '../protocol/units.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import { loaded } from '../signaling/missing-part.ts';
import { backgroundTimers } from '../workers/background-timers.ts';
import { startWorker } from '../workers/start-worker.ts';
import { FallbackPublisher, type OpenPublisher } from './fallback-publisher.ts';
import {
  type Card,
  type FeedOf,
  type FromWorker,
  type InputName,
  type MediaFeeds,
  type PublisherEvent,
  type ToWorker,
  toErrorData,
} from './publisher-events.ts';
import type { EncoderTier, EncodingOptions, StreamInfo, UplinkOptions } from './publisher-options.ts';
import { feedsAreTransferable } from './track-feeds.ts';

/** One broadcast: attach, start, stop. */
export interface PublisherHost {
  /** Where it runs. */
  readonly runsIn: 'worker' | 'page';
  /** Takes the feeds over; they cannot be used elsewhere afterwards. */
  attach(feeds: MediaFeeds): void;
  start(encoding: EncodingOptions, uplink: UplinkOptions): void;
  /**
   * Another feed from here on, in the same session, or none: a card in place of `main`, nothing over it, silence. Sound that is added to a
   * broadcast that began without begins another session.
   */
  replace<I extends InputName>(input: I, feed: FeedOf<I> | null): void;
  /** Pauses: shows the card in place of the picture and sends silence. Null goes on. */
  setCard(card: Card | null): void;
  /**
   * Another bit rate at once; another number of layers, up to that of the start, or another size in a new epoch. Where a recorder encodes, each
   * takes another recording and so an epoch. Codec and key frames stay as they are.
   */
  setEncoding(encoding: EncodingOptions): void;
  setToken(token: string): void;
  /** Changes what viewers are told, also while live. */
  setInfo(info: StreamInfo): void;
  /** Ends the broadcast and frees everything. Never rejects. */
  stop(): Promise<void>;
  /** Frees everything at once, after a failure. */
  close(): void;
}

export interface PublisherHostOptions {
  /** A copy of the worker on the page's own origin, for pages whose policy forbids `blob:` workers. */
  readonly workerUrl: string | null;
  readonly tokenProvider: TokenProvider;
  /** What encodes. @default 'auto' */
  readonly tier?: EncoderTier;
  /** Whether there is sound to be sent. @default true */
  readonly withSound?: boolean;
  readonly onEvent: (event: PublisherEvent) => void;
}

type StartedWorker = ReturnType<typeof startWorker>;

const WORKER_PATIENCE: Milliseconds = 5_000;
/** The worker gives the server 1.5 s to hear of the end. */
const STOP_PATIENCE: Milliseconds = 3_000;

/**
 * Opens a publisher in a worker, else on the page, and one that records where nothing can be encoded. Resolves once it can be handed the media.
 * @throws GlasscastError `network` where a part of it cannot be loaded, `version` where it is gone
 */
export async function openPublisher(options: PublisherHostOptions): Promise<PublisherHost> {
  const { tokenProvider, onEvent, tier = 'auto' } = options;
  const openRecorder: OpenPublisher = async (tell) => {
    const { RecorderPublisher } = await loaded(import('./recorder/recorder-publisher.ts'));
    return new RecorderPublisher(tokenProvider, tell);
  };
  const encoding = encodes(tier, options.withSound ?? true);
  encoding.catch(() => undefined); // told where it is waited for, once the worker has been
  const openBest: OpenPublisher = async (tell) => {
    const told = { ...options, onEvent: tell };
    const inWorker = feedsAreTransferable() && tier !== 'recorder' ? await openInWorker(told) : null;
    const canEncode = await encoding.catch((error: unknown) => {
      inWorker?.close();
      throw error;
    });
    if (!canEncode) {
      inWorker?.close();
      return await openRecorder(tell);
    }
    if (inWorker !== null) return inWorker;
    // Loaded on demand: nearly every page has its worker, and this is the larger half of the code.
    const { PagePublisher } = await loaded(import('./page-publisher.ts'));
    return new PagePublisher(tokenProvider, tell);
  };
  const endSession = async (uplink: UplinkOptions): Promise<void> => {
    try {
      const { endSession: end } = await loaded(import('./end-session.ts'));
      await end(uplink, { timers: backgroundTimers(), tokenProvider: uplink.hasTokenProvider ? tokenProvider : null });
    } catch (cause) {
      onEvent({ type: 'notice', error: toErrorData(cause) });
    }
  };
  return tier === 'auto'
    ? await FallbackPublisher.open({ openFirst: openBest, openRecorder, endSession, emit: onEvent })
    : await openBest(onEvent);
}

async function encodes(tier: EncoderTier, withSound: boolean): Promise<boolean> {
  if (tier !== 'auto') return tier === 'webcodecs';
  const { encodesFrames, runsSound } = await loaded(import('./recorder/encoder-check.ts'));
  if (!(await encodesFrames())) return false;
  return feedsAreTransferable() || !withSound || (await runsSound());
}

async function openInWorker(options: PublisherHostOptions): Promise<PublisherHost | null> {
  try {
    const worker = startWorker(new URL('./publisher.worker.ts', import.meta.url), {
      name: 'glasscast publisher',
      ...(options.workerUrl === null ? {} : { workerUrl: options.workerUrl }),
    });
    await untilReady(worker);
    return new WorkerPublisher(worker, options);
  } catch (error) {
    if (!(error instanceof GlasscastError)) throw error;
    return null;
  }
}

/** The policy may also refuse what the worker imports, which shows only as an error event. */
function untilReady(worker: StartedWorker): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  return new Promise<void>((resolve, reject) => {
    const refuse = (): void => {
      worker.terminate();
      reject(new GlasscastError('unsupported', 'The worker did not start.'));
    };
    const timeout = setTimeout(refuse, WORKER_PATIENCE);
    signal.addEventListener('abort', () => clearTimeout(timeout));
    worker.addEventListener('error', refuse, { signal });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => data.type === 'ready' && resolve(), { signal });
  }).finally(() => waiting.abort());
}

class WorkerPublisher implements PublisherHost {
  readonly runsIn = 'worker';
  readonly #worker: StartedWorker;
  readonly #options: PublisherHostOptions;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(worker: StartedWorker, options: PublisherHostOptions) {
    this.#worker = worker;
    this.#options = options;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
    worker.addEventListener('error', (event) =>
      options.onEvent({ type: 'failed', error: { code: 'media', message: 'The broadcast failed unexpectedly.', cause: event.message } }),
    );
  }

  attach(feeds: MediaFeeds): void {
    this.#post({ type: 'attach', feeds }, feeds.audio === null ? [feeds.video] : [feeds.video, feeds.audio]);
  }

  start(encoding: EncodingOptions, uplink: UplinkOptions): void {
    this.#post({ type: 'start', encoding, uplink });
  }

  replace<I extends InputName>(input: I, feed: FeedOf<I> | null): void {
    this.#post({ type: 'replace', input, feed }, feed === null ? [] : [feed]);
  }

  setCard(card: Card | null): void {
    this.#post({ type: 'set-card', card });
  }

  setEncoding(encoding: EncodingOptions): void {
    this.#post({ type: 'set-encoding', encoding });
  }

  setToken(token: string): void {
    this.#post({ type: 'set-token', token });
  }

  setInfo(info: StreamInfo): void {
    this.#post({ type: 'set-info', info });
  }

  async stop(): Promise<void> {
    this.#post({ type: 'stop' });
    const timeout = setTimeout(() => this.#stopped.resolve(), STOP_PATIENCE);
    await this.#stopped.promise;
    clearTimeout(timeout);
    this.close();
  }

  close(): void {
    this.#worker.terminate();
    this.#stopped.resolve();
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        return;
      case 'stopped':
        this.#stopped.resolve();
        return;
      case 'token-request':
        void this.#answer(message.id);
        return;
      default:
        this.#options.onEvent(message);
    }
  }

  async #answer(id: number): Promise<void> {
    try {
      this.#post({ type: 'token', id, token: await this.#options.tokenProvider() });
    } catch (error) {
      this.#post({ type: 'no-token', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
