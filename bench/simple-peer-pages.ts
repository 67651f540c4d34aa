/** A call of two with simple-peer, as its documentation has it, over a relay. The functions run in pages. */

interface SimplePeer {
  on(event: 'signal', listener: (data: object) => void): void;
  on(event: 'stream', listener: (stream: MediaStream) => void): void;
  on(event: 'error', listener: () => void): void;
  signal(data: object): void;
  destroy(): void;
}

declare const SimplePeer: new (options: object) => SimplePeer;

export interface SimplePeerCall {
  /** Of the relay, with a path that the two share. */
  readonly url: string;
  /** False to wait for the other's offer. */
  readonly initiator: boolean;
}

declare global {
  /** Destroys the peer and makes another; resolves with the milliseconds until the first frame. */
  var simplePeerAgain: () => Promise<number>;
}

/** Resolves when it can be called, or with the milliseconds until the first remote frame was shown. */
export async function startSimplePeer({ url, initiator }: SimplePeerCall): Promise<number> {
  const started = performance.now();
  const video = document.querySelector('video') as HTMLVideoElement;
  const socket = new WebSocket(url);
  const opened = new Promise((resolve) => {
    socket.onopen = resolve;
  });
  const [stream] = await Promise.all([navigator.mediaDevices.getUserMedia({ video: true, audio: true }), opened]);
  let peer: SimplePeer | undefined;
  const begin = (): SimplePeer => {
    peer?.destroy();
    const fresh = new SimplePeer({ initiator, stream, trickle: true, config: { iceServers: [] } });
    fresh.on('signal', (data) => socket.send(JSON.stringify(data)));
    fresh.on('stream', (remote) => {
      video.srcObject = remote;
    });
    // The other side's end is one, and it is ended here as well.
    fresh.on('error', () => fresh.destroy());
    peer = fresh;
    return fresh;
  };
  socket.onmessage = async ({ data }) => {
    const signal = JSON.parse(typeof data === 'string' ? data : await (data as Blob).text()) as { type?: string };
    if (!initiator && signal.type === 'offer') begin();
    peer?.signal(signal);
  };
  if (!initiator) return 0;
  const firstFrame = (since: number): Promise<number> => {
    begin();
    return new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - since)));
  };
  globalThis.simplePeerAgain = () => {
    const since = performance.now();
    video.srcObject = null;
    return firstFrame(since);
  };
  return firstFrame(started);
}
