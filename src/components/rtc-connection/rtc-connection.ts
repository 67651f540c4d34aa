import { ContextProvider } from '@lit/context';
import { css, html, type TemplateResult } from 'lit';
import type { Connection, ConnectionState } from '../../signaling/connection.ts';
import { connectionContext, type SharedConnection } from '../../ui/connection-context.ts';
import type { RtcErrorDetail, RtcStateDetail } from '../../ui/events.ts';
import { ServerElement } from '../../ui/server-element.ts';

/**
 * The server is read when the first element inside connects; a new `token` is used at once.
 *
 * @summary Shares one socket, server and token with all elements inside it.
 * @tagname rtc-connection
 * @slot - The elements that share the connection.
 * @event {CustomEvent<RtcStateDetail>} rtc-state - The socket's state changed: `connecting`, `open`, `reconnecting`, `closed`, `failed`.
 * @event {CustomEvent<RtcErrorDetail>} rtc-error - The server cannot be reached, or refuses this page.
 */
export class RtcConnection extends ServerElement {
  static override styles = css`
    :host {
      display: contents;
    }
  `;

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
        return element.serverOrigin;
      },
      get token() {
        return element.effectiveToken;
      },
      get tokenProvider() {
        return element.effectiveTokenProvider;
      },
      get socketPath() {
        return element.effectiveSocketPath;
      },
      acquire: () => this.#acquire(),
      release: () => this.#release(),
    };
  }

  #acquire(): Connection {
    // One that has failed stays so for those who hold it; whoever comes now has another try.
    if (this.#connection === undefined || this.#connection.state === 'failed') this.#connection = this.#open();
    this.#users += 1;
    return this.#connection;
  }

  #release(): void {
    // Once this element is gone there is nothing left to release.
    if (this.#users > 0 && --this.#users === 0) this.#close();
  }

  #open(): Connection {
    const connection = this.createConnection();
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
