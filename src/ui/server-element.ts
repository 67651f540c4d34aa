import { ContextConsumer } from '@lit/context';
import { property, state } from 'lit/decorators.js';
import { GlasscastError } from '../protocol/errors.ts';
import { Connection, type TokenProvider } from '../signaling/connection.ts';
import { connectionContext, type SharedConnection } from './connection-context.ts';
import type { RtcErrorDetail } from './events.ts';
import { RtcElement } from './rtc-element.ts';
import { scriptOrigin } from './script-origin.ts';

/** An element that talks to a server: its own attributes first, then the `rtc-connection` around it, then the script's origin. */
export abstract class ServerElement extends RtcElement {
  /** Origin of the server, for example `https://live.example.org`. Default: where the script came from. */
  @property() server: string | null = null;

  /** Path of the socket. Default: `/socket`. */
  @property({ attribute: 'socket-path' }) socketPath: string | null = null;

  /** A token that the server accepts. Never reflected to the attribute. */
  @property() token: string | null = null;

  /** Asked for a token when one is needed, refused or about to expire. */
  @property({ attribute: false }) tokenProvider: TokenProvider | undefined;

  /** The failure shown at the moment. */
  @state() protected error: GlasscastError | null = null;

  protected readonly sharedConnection = new ContextConsumer(this, { context: connectionContext, subscribe: true });
  #shared: SharedConnection | undefined;
  #connection: Connection | undefined;

  /**
   * The server's origin.
   * @throws GlasscastError `invalid` where it is not a web address or nothing says where the server is
   */
  protected get serverOrigin(): string {
    const address = this.server ?? this.sharedConnection.value?.server ?? scriptOrigin();
    if (address === null) {
      throw new GlasscastError('invalid', `Set the attribute server of <${this.localName}> to the address of your server.`);
    }
    try {
      return new URL(address, document.baseURI).origin;
    } catch (cause) {
      throw new GlasscastError('invalid', `“${address}” is not the address of a server.`, { cause });
    }
  }

  protected get effectiveToken(): string | undefined {
    return this.token ?? this.sharedConnection.value?.token;
  }

  protected get effectiveTokenProvider(): TokenProvider | undefined {
    return this.tokenProvider ?? this.sharedConnection.value?.tokenProvider;
  }

  protected get effectiveSocketPath(): string {
    return this.socketPath ?? this.sharedConnection.value?.socketPath ?? '/socket';
  }

  /**
   * The control socket: the shared one inside an `rtc-connection`, unless this element names its own server or token. Released by
   * `releaseConnection`; the same one is returned until then.
   */
  protected acquireConnection(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const shared = this.sharedConnection.value;
    const own = this.server !== null || this.token !== null || this.socketPath !== null || this.tokenProvider !== undefined;
    if (shared !== undefined && !own) {
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
