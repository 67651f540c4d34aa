import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { GlasscastError } from '../protocol/errors.ts';
import type { Connection } from '../signaling/connection.ts';
import { type LobbyRoom, LobbySession, type LobbyState } from '../signaling/lobby-session.ts';
import { toGlasscastError } from './errors.ts';

export interface LobbyControllerHooks {
  acquire(): Connection;
  release(): void;
  name(): string | undefined;
  /** Something has gone wrong; while the state is not `failed` it may pass. */
  error(error: GlasscastError): void;
  /** What was wrong is over. */
  passed(): void;
}

/** Holds the lobby of one element, and draws that anew when the lobby changes. */
export class LobbyController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #hooks: LobbyControllerHooks;
  #session: LobbySession | undefined;
  #unlisten: (() => void)[] = [];
  /** The server's address is none: there is nothing to join. */
  #broken = false;

  constructor(host: ReactiveControllerHost, hooks: LobbyControllerHooks) {
    this.#host = host;
    this.#hooks = hooks;
    host.addController(this);
  }

  hostConnected(): void {}

  get state(): LobbyState {
    return this.#session?.state ?? (this.#broken ? 'failed' : 'joining');
  }

  get rooms(): readonly LobbyRoom[] {
    return this.#session?.rooms ?? [];
  }

  /** Joins, unless it has been tried already. */
  open(): void {
    if (this.#session !== undefined || this.#broken) return;
    try {
      this.#join(this.#hooks.acquire());
    } catch (cause) {
      this.#broken = true;
      this.#hooks.error(toGlasscastError(cause));
    }
  }

  close(): void {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#session?.leave();
    if (this.#session !== undefined) this.#hooks.release();
    this.#session = undefined;
    this.#broken = false;
  }

  /** Joins anew, with the settings of now. */
  reopen(): void {
    this.close();
    this.#hooks.passed();
    this.open();
    this.#host.requestUpdate();
  }

  /** As {@link LobbySession.create}. */
  async create(title: string, slug: string | undefined): Promise<string> {
    if (this.#session === undefined) throw new GlasscastError('network', 'There is no server to ask.');
    return await this.#session.create(title, slug);
  }

  #join(connection: Connection): void {
    const session = new LobbySession({ connection, name: () => this.#hooks.name() });
    this.#session = session;
    this.#unlisten = [
      session.on('rooms', () => this.#host.requestUpdate()),
      session.on('state', (state) => {
        if (state === 'joined') this.#hooks.passed();
        this.#host.requestUpdate();
      }),
      session.on('error', (error) => this.#hooks.error(error)),
      connection.on('error', (error) => {
        // What is final ends the session as well, and is told then.
        if (connection.state !== 'failed') this.#hooks.error(error);
      }),
      connection.on('state', (state) => {
        if (state === 'open') this.#hooks.passed();
      }),
    ];
  }
}
