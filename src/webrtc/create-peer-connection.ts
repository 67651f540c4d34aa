import { GlasscastError } from '../protocol/errors.ts';

/** Cannot be changed once a connection is made. */
const FIXED: RTCConfiguration = { bundlePolicy: 'max-bundle' };

/**
 * The browser's peer connection.
 * @throws GlasscastError `unsupported` where there is none, `invalid` for ICE servers that it refuses
 */
export function createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection {
  if (typeof RTCPeerConnection === 'undefined') throw new GlasscastError('unsupported', 'This browser cannot make calls (WebRTC).');
  return accepted(() => new RTCPeerConnection({ ...FIXED, ...configuration }));
}

/**
 * A peer connection made ahead of its use. The first one of a page takes some 25 ms (threads, codecs, a certificate), which pass
 * unnoticed while the socket connects. It goes to one link alone: whoever is linked next gets another certificate.
 */
export class SpareConnection {
  #spare: RTCPeerConnection | undefined;

  /** Makes it at once. @throws GlasscastError `unsupported` where the browser has no WebRTC */
  async prepare(): Promise<void> {
    this.#spare ??= createPeerConnection({});
  }

  /** Says what it will be used with. @throws GlasscastError `invalid` for ICE servers that the browser refuses */
  readonly configure = (configuration: RTCConfiguration): void => {
    accepted(() => this.#spare?.setConfiguration({ ...FIXED, ...configuration }));
  };

  /** The spare connection, or else a new one. */
  readonly take = (configuration: RTCConfiguration): RTCPeerConnection => {
    this.configure(configuration);
    const spare = this.#spare ?? createPeerConnection(configuration);
    this.#spare = undefined;
    return spare;
  };

  close(): void {
    this.#spare?.close();
    this.#spare = undefined;
  }
}

function accepted<T>(configure: () => T): T {
  try {
    return configure();
  } catch (cause) {
    throw new GlasscastError('invalid', 'The ICE servers are not valid. Check ice-servers, or the settings of the server.', { cause });
  }
}
