import { type GlasscastError, type LiveState, LiveStateSchema, liveTopic } from '../protocol/index.ts';
import type { ChannelSession } from '../signaling/channel-session.ts';
import type { Connection } from '../signaling/connection.ts';
import { SourceWatch } from './source-watch.ts';
import { playlistUrl } from './token-url.ts';

export interface LiveWatchOptions {
  readonly connection: Pick<Connection, 'join' | 'on'>;
  /** Base URL of the server; relative playback addresses are resolved against it. */
  readonly server: string;
  readonly stream: string;
}

/** Watches a stream of a Glasscast server through its topic `live:<stream>`. */
export class LiveWatch extends SourceWatch {
  readonly #options: LiveWatchOptions;
  #session: ChannelSession<LiveState> | null = null;
  #last: LiveState | null = null;
  #detach: (() => void) | null = null;

  constructor(options: LiveWatchOptions) {
    super();
    this.#options = options;
  }

  start(): void {
    const { connection, stream } = this.#options;
    const session = connection.join(liveTopic(stream), { params: () => ({}), reply: LiveStateSchema });
    this.#session = session;
    this.#detach = connection.on('error', (error) => this.report(error, false));
    session.on('state', LiveStateSchema, (state) => this.#changed(state));
    session.onRejoin((state) => this.#changed(state));
    session.onEnd((error) => this.report(error, true));
    session.joined.then(
      (state) => this.#changed(state),
      // onEnd tells a refusal; an own leave is no problem.
      (error: GlasscastError) => this.#refused(error),
    );
  }

  recheck(): void {
    if (this.#last !== null) this.#changed(this.#last);
  }

  /** The topic tells it. */
  completed(): void {}

  close(): void {
    this.#detach?.();
    void this.#session?.leave();
    this.#session = null;
    this.removeAllListeners();
  }

  #refused(error: GlasscastError): void {
    if (this.#session?.state === 'left') return;
    this.#last = null;
    this.report(error, true);
  }

  #changed(state: LiveState): void {
    if (this.#session === null) return;
    this.#last = state;
    if (state.state === 'waiting') {
      this.tell({ state: 'waiting' });
      return;
    }
    const { server, stream } = this.#options;
    const { hls } = state.playback;
    const url = hls === undefined ? playlistUrl(server, stream) : new URL(hls, server).href;
    this.tell({ state: state.state, url, session: state.session ?? `${state.started_at ?? ''}` });
  }
}
