/** Sees when an ICE restart has led media over a new path. The functions run in pages. */

declare global {
  /** Every peer connection of the page that is connected. */
  var openConnections: RTCPeerConnection[];
}

/** Before any script of the page. */
export function keepConnections(): void {
  const Original = RTCPeerConnection;
  const open: RTCPeerConnection[] = [];
  class Kept extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      open.push(this);
    }
  }
  globalThis.RTCPeerConnection = Kept;
  Object.defineProperty(globalThis, 'openConnections', { get: () => open.filter((one) => one.connectionState === 'connected') });
}

/**
 * Restarts ICE, and resolves with the milliseconds until the first frame that was shown after media had taken a path of the new
 * generation: the selected pair's own ufrag is another one than before.
 * @param how `online` tells the page that the network is back, which is what makes a room restart; `bare` does it to a bare pair
 */
export async function frameOverNewPath(how: string, selector: string): Promise<number> {
  const [connection, other] = openConnections;
  const [video] = deepQuery(selector);
  if (connection === undefined || !(video instanceof HTMLVideoElement)) throw new Error('there is no call');
  const ufrag = (): string | null | undefined =>
    connection
      .getSenders()
      .find(({ transport }) => transport !== null)
      ?.transport?.iceTransport.getSelectedCandidatePair()?.local?.usernameFragment;
  const before = ufrag();
  const started = performance.now();
  if (how === 'online') dispatchEvent(new Event('online'));
  else if (other !== undefined) {
    connection.restartIce();
    await connection.setLocalDescription();
    if (connection.localDescription) await other.setRemoteDescription(connection.localDescription);
    await other.setLocalDescription();
    if (other.localDescription) await connection.setRemoteDescription(other.localDescription);
  }
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('ICE was not restarted')), 10_000);
    const look = (): void => {
      if (ufrag() !== before) {
        clearTimeout(late);
        video.requestVideoFrameCallback(() => resolve(performance.now() - started));
      } else setTimeout(look, 1);
    };
    look();
  });
}
