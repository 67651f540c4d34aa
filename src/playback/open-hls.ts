/** Puts a player for HLS together. Loaded on demand, with the socket: an element without a source needs neither. */
import type { Seconds } from '../protocol/index.ts';
import { Connection } from '../signaling/connection.ts';
import { realmTimers } from '../workers/worker-timers.ts';
import { createHlsEngine } from './choose-engine.ts';
import { LiveWatch } from './live-watch.ts';
import { Player } from './player.ts';
import { PlaylistWatch } from './playlist-watch.ts';
import { ServerClock } from './server-clock.ts';
import type { SourceWatch } from './source-watch.ts';
import type { TokenSource } from './token-source.ts';
import { sameOrigin, withToken } from './token-url.ts';

/** A stream of a Glasscast server, or the URL of any HLS playlist. */
export type HlsSource = { readonly stream: string; readonly server: string } | { readonly url: string; readonly server: string | null };

export interface OpenHlsOptions {
  readonly video: HTMLVideoElement;
  readonly source: HlsSource;
  readonly socketPath: string;
  readonly tokens: TokenSource;
  /** A socket that is there already, and how to give it back; else one is opened for the stream. */
  readonly shared: { readonly acquire: () => Connection; readonly release: () => void } | null;
  readonly targetLatency: Seconds | null;
  readonly signal: AbortSignal;
}

/**
 * Resolves with a player that has not been started, so that its listeners can be added first. Aborting the signal closes it.
 * @throws GlasscastError `unsupported`, `network`; the signal's reason when aborted meanwhile
 */
export async function openHls(options: OpenHlsOptions): Promise<Player> {
  const { video, source, signal } = options;
  signal.throwIfAborted();
  const authorize = authorizer(options);
  const watch = 'stream' in source ? watchStream(source, options) : watchPlaylist(source.url, authorize);
  watch.start();
  try {
    const engine = await createHlsEngine(video, () => options.tokens.current);
    signal.throwIfAborted();
    engine.targetLatency = options.targetLatency;
    const clock = 'stream' in source ? new ServerClock({ server: source.server, fetch: pageFetch, now: wallClock }) : null;
    const player = new Player({ video, engine, watch, authorize, clock, timers: realmTimers, random: Math.random });
    signal.addEventListener('abort', () => player.close(), { once: true });
    return player;
  } catch (error) {
    watch.close();
    throw error;
  }
}

const pageFetch: typeof fetch = (input, init) => fetch(input, init);
/** Not the monotonic clock: that stands still while a laptop sleeps. */
const wallClock = (): number => Date.now();

function watchStream(source: { stream: string; server: string }, options: OpenHlsOptions): SourceWatch {
  const { shared, signal } = options;
  const connection = shared?.acquire() ?? ownConnection(source.server, options);
  const release = (): void => (shared === null ? connection.close() : shared.release());
  signal.addEventListener('abort', release, { once: true });
  return new LiveWatch({ connection, server: source.server, stream: source.stream });
}

function ownConnection(server: string, { signal, socketPath, tokens }: OpenHlsOptions): Connection {
  const { current: token, provider: tokenProvider } = tokens;
  const connection = new Connection({ server, socketPath, ...(token && { token }), ...(tokenProvider && { tokenProvider }) });
  signal.addEventListener(
    'abort',
    tokens.on('changed', (renewed) => connection.setToken(renewed)),
    { once: true },
  );
  return connection;
}

function watchPlaylist(url: string, authorize: (url: string) => Promise<string>): SourceWatch {
  return new PlaylistWatch({ url, authorize, fetch: pageFetch, timers: realmTimers, random: Math.random });
}

/** A token is for its own server: a playlist from anywhere else never sees it. */
function authorizer(options: OpenHlsOptions): (url: string) => Promise<string> {
  const { source, tokens } = options;
  return async (url) => {
    if (source.server === null || !sameOrigin(url, source.server)) return url;
    return withToken(url, await tokens.ask());
  };
}
