import { state } from 'lit/decorators.js';
import type { GlasscastError } from '../protocol/errors.ts';
import { Connection } from '../signaling/connection.ts';
import type { SharedConnection } from './connection-context.ts';
import type { RtcErrorDetail } from './events.ts';
import { ServerSettingsElement } from './server-settings-element.ts';

/** An element that talks to a server through a socket. */
export abstract class ServerElement extends ServerSettingsElement {
  /** The failure shown at the moment. */
  @state() protected error: GlasscastError | null = null;

  #shared: SharedConnection | undefined;
  #connection: Connection | undefined;

  /**
   * The control socket: the shared one inside an `rtc-connection`, unless this element names its own server or token. Released by
   * `releaseConnection`; the same one is returned until then.
   */
  protected acquireConnection(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const shared = this.sharedConnection.value;
    if (shared !== undefined && !this.hasOwnServer) {
      this.#shared = shared;
      this.#connection = shared.acquire();
    } else {
      this.#connection = this.createConnection();
    }
    return this.#connection;
  }

  protected releaseConnection(): void {
    if (this.#shared !== undefined) this.#shared.release();
    else this.#connection?.close();
    this.#shared = undefined;
    this.#connection = undefined;
  }

  /** A new connection from the effective settings, owned by the caller. */
  protected createConnection(): Connection {
    return new Connection({
      server: this.serverOrigin,
      socketPath: this.effectiveSocketPath,
      token: this.effectiveToken,
      tokenProvider: this.effectiveTokenProvider,
    });
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    super.updated(changed);
    if (changed.has('token') && this.#shared === undefined) this.#connection?.setToken(this.token ?? undefined);
  }

  /** Shows the error in the element and tells the page. */
  protected reportError(error: GlasscastError): void {
    this.error = error;
    this.emit<RtcErrorDetail>('rtc-error', { error, code: error.code });
  }
}
