import { ContextProvider } from '@lit/context';
import { css, html, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { Connection, type ConnectionState, type TokenProvider } from '../../signaling/connection.ts';
import { connectionContext, type SharedConnection } from '../../ui/connection-context.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import { RtcElement } from '../../ui/rtc-element.ts';
import { scriptOrigin } from '../../ui/script-origin.ts';

/**
 * @summary Shares one socket, server and token with all elements inside it.
 * @tagname rtc-connection
 * @slot - The elements that share the connection.
 * @event {CustomEvent<RtcStateDetail>} rtc-state - The socket's state changed: `connecting`, `open`, `reconnecting`, `closed`, `failed`.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - The server cannot be reached, or refuses this page.
 */
export class RtcConnection extends RtcElement {
  static override styles = css`
    :host {
      display: contents;
    }
  `;

  /** Origin of the server, for example `https://live.example.org`. Default: where the script came from. Read when the first element connects. */
  @property() server: string | null = null;

  /** A token that the server accepts. Never reflected; a new one is used at once. */
  @property() token: string | null = null;

  /** Path of the socket. Default: `/socket`. */
  @property({ attribute: 'socket-path' }) socketPath: string | null = null;

  /** Asked for a token when one is needed, refused or about to expire. */
  @property({ attribute: false }) tokenProvider: TokenProvider | undefined;

  readonly #provider = new ContextProvider(this, { context: connectionContext, initialValue: this.#shared() });
  #connection: Connection | undefined;
  #users = 0;

  /** The state of the shared socket; `idle` while no element uses it. */
  get state(): ConnectionState {
    return this.#connection?.state ?? 'idle';
  }

  protected override setup(): void {
    this.#provider.setValue(this.#shared());
  }

  protected override teardown(): void {
    this.#close();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    if (changed.has('token')) this.#connection?.setToken(this.token ?? undefined);
  }

  protected override render(): TemplateResult {
    return html`<slot></slot>`;
  }

  #shared(): SharedConnection {
    const element = this;
    return {
      get server() {
        return element.server;
      },
      get token() {
        return element.token ?? undefined;
      },
      get tokenProvider() {
        return element.tokenProvider;
      },
      get socketPath() {
        return element.socketPath ?? '/socket';
      },
      acquire: () => this.#acquire(),
      release: () => this.#release(),
    };
  }

  #acquire(): Connection {
    this.#users += 1;
    this.#connection ??= this.#open();
    return this.#connection;
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#close();
  }

  #open(): Connection {
    const connection = new Connection({
      server: new URL(this.server ?? scriptOrigin() ?? location.origin, document.baseURI).origin,
      socketPath: this.socketPath ?? '/socket',
      token: this.token ?? undefined,
      tokenProvider: this.tokenProvider,
    });
    let previous: ConnectionState = connection.state;
    connection.on('state', (state) => {
      this.emit<RtcStateDetail<ConnectionState>>('rtc-state', { state, previous });
      previous = state;
    });
    connection.on('error', (error) => this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code }));
    return connection;
  }

  #close(): void {
    this.#users = 0;
    this.#connection?.close();
    this.#connection = undefined;
  }
}
