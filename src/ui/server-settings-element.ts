import { ContextConsumer } from '@lit/context';
import { property } from 'lit/decorators.js';
import { GlasscastError } from '../protocol/errors.ts';
import type { TokenProvider } from '../signaling/connection.ts';
import { connectionContext } from './connection-context.ts';
import { RtcElement } from './rtc-element.ts';
import { scriptOrigin } from './script-origin.ts';

/**
 * What an element needs to know of its server: its own attributes first, then the `rtc-connection` around it, then the script's origin.
 * Knows nothing of sockets, so that elements which load theirs on demand stay small.
 */
export abstract class ServerSettingsElement extends RtcElement {
  /** Origin of the server, for example `https://live.example.org`. Default: where the script came from. */
  @property() server: string | null = null;

  /** Path of the socket. Default: `/socket`. */
  @property({ attribute: 'socket-path' }) socketPath: string | null = null;

  /** A token that the server accepts. Never reflected to the attribute. */
  @property() token: string | null = null;

  /** Asked for a token when one is needed, refused or about to expire. */
  @property({ attribute: false }) tokenProvider: TokenProvider | undefined;

  protected readonly sharedConnection = new ContextConsumer(this, { context: connectionContext, subscribe: true });

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

  /** True where this element names its own server or token, and so cannot share the socket of an `rtc-connection`. */
  protected get hasOwnServer(): boolean {
    return this.server !== null || this.token !== null || this.socketPath !== null || this.tokenProvider !== undefined;
  }
}
