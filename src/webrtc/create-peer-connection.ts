import { GlasscastError } from '../protocol/errors.ts';

/**
 * The browser's peer connection.
 * @throws GlasscastError `unsupported` where there is none, `invalid` for ICE servers that it refuses
 */
export function createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection {
  if (typeof RTCPeerConnection === 'undefined') throw new GlasscastError('unsupported', 'This browser cannot make calls (WebRTC).');
  try {
    return new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...configuration });
  } catch (cause) {
    throw new GlasscastError('invalid', 'The ICE servers are not valid. Check ice-servers, or the settings of the server.', { cause });
  }
}
