/** A call of two with peerjs, as its documentation has it. The functions run in pages. */

interface MediaConnection {
  on(event: 'stream', listener: (stream: MediaStream) => void): void;
  answer(stream: MediaStream): void;
  close(): void;
}

interface Peer {
  on(event: 'open', listener: () => void): void;
  on(event: 'disconnected', listener: () => void): void;
  on(event: 'call', listener: (call: MediaConnection) => void): void;
  call(id: string, stream: MediaStream): MediaConnection;
  reconnect(): void;
}

declare const Peer: new (id: string, options: object) => Peer;

export interface PeerjsCall {
  readonly port: number;
  readonly id: string;
  /** Whom to call; without it, to wait for a call. */
  readonly to?: string;
}

declare global {
  /** Hangs up and calls again; resolves with the milliseconds until the first frame. */
  var peerjsAgain: () => Promise<number>;
  /** When the server was heard of, in milliseconds since the epoch; the last is the newest. */
  var peerjsOpened: number[];
}

/** Resolves when it can be called, or with the milliseconds until the first remote frame was shown. */
export async function startPeerjs({ port, id, to }: PeerjsCall): Promise<number> {
  const started = performance.now();
  const video = document.querySelector('video') as HTMLVideoElement;
  const peer = new Peer(id, { host: '127.0.0.1', port, path: '/', secure: false, config: { iceServers: [] } });
  globalThis.peerjsOpened = [];
  const opened = new Promise<void>((resolve) =>
    peer.on('open', () => {
      globalThis.peerjsOpened.push(performance.timeOrigin + performance.now());
      resolve();
    }),
  );
  // It does not reconnect by itself; its documentation says to ask for it here.
  peer.on('disconnected', () => peer.reconnect());
  const [stream] = await Promise.all([navigator.mediaDevices.getUserMedia({ video: true, audio: true }), opened]);
  const show = (call: MediaConnection): void =>
    call.on('stream', (remote) => {
      video.srcObject = remote;
    });
  if (to === undefined) {
    peer.on('call', (call) => {
      show(call);
      call.answer(stream);
    });
    return 0;
  }
  let call = peer.call(to, stream);
  const firstFrame = (since: number): Promise<number> => {
    show(call);
    return new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - since)));
  };
  globalThis.peerjsAgain = () => {
    const since = performance.now();
    call.close();
    video.srcObject = null;
    call = peer.call(to, stream);
    return firstFrame(since);
  };
  return firstFrame(started);
}
