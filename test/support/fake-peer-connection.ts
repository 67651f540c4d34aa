/**
 * A peer connection without a network: it keeps the rules of signaling (RFC 8829 §3.2) and remembers what was done to it. Connection
 * states are set by the test. For the logic around a connection; what a connection does is tested with real ones in a browser.
 */
let certificates = 0;

export class FakePeerConnection {
  readonly fingerprint = `fingerprint-${++certificates}`;
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  readonly candidates: RTCIceCandidateInit[] = [];
  readonly transceivers: FakeTransceiver[] = [];
  generation = 0;
  bytesReceived = 0;
  closed = false;
  /** The next remote description fails with this. */
  failNext: Error | undefined;
  onicecandidate: ((event: { candidate: RTCIceCandidate | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: MediaStreamTrack }) => void) | null = null;
  #restart = true;

  addTransceiver(trackOrKind: MediaStreamTrack | string): FakeTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const transceiver = new FakeTransceiver(track?.kind ?? String(trackOrKind), track);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }

  restartIce(): void {
    this.#restart = true;
  }

  async setLocalDescription(): Promise<void> {
    if (this.#restart) this.generation += 1;
    this.#restart = false;
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
    this.localDescription = { type, sdp: sdpOf(this.fingerprint, `${this.fingerprint}-${this.generation}`) };
    for (const [index, transceiver] of this.transceivers.entries())
      if (transceiver.direction !== 'stopped') transceiver.mid ??= String(index);
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure !== undefined) throw failure;
    if (description.type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('no offer to answer');
    if (description.type === 'offer' && this.transceivers.length === 0) {
      for (const kind of ['audio', 'video']) this.addTransceiver(kind).mid = kind;
    }
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.remoteDescription === null) throw new Error('a candidate before the remote description');
    this.candidates.push(candidate);
  }

  async getStats(): Promise<RTCStatsReport> {
    return new Map([['pair', { type: 'candidate-pair', bytesReceived: this.bytesReceived }]]) as unknown as RTCStatsReport;
  }

  close(): void {
    this.closed = true;
    this.connectionState = 'closed';
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  gather(candidate: string): void {
    const usernameFragment = `${this.fingerprint}-${this.generation}`;
    this.onicecandidate?.({ candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment } as RTCIceCandidate });
  }
}

class FakeTransceiver {
  mid: string | null = null;
  direction = 'sendrecv';
  readonly receiver: { track: { kind: string } };
  readonly sender: { track: MediaStreamTrack | null; replaceTrack(track: MediaStreamTrack | null): Promise<void> };

  constructor(kind: string, track: MediaStreamTrack | null) {
    this.receiver = { track: { kind } };
    this.sender = {
      track,
      replaceTrack: async (next) => {
        this.sender.track = next;
      },
    };
  }

  stop(): void {
    this.direction = 'stopped';
  }
}

export function sdpOf(fingerprint: string, ufrag: string): string {
  return `v=0\r\na=fingerprint:sha-256 ${fingerprint}\r\nm=audio 9 UDP 111\r\na=ice-ufrag:${ufrag}\r\n`;
}

/** A track that exists as far as a link cares. */
export function fakeTrack(kind: 'audio' | 'video'): MediaStreamTrack {
  return { kind, enabled: true } as MediaStreamTrack;
}

/** Makes fake connections and keeps them, in order. */
export class FakePeerConnections {
  readonly all: FakePeerConnection[] = [];

  readonly create = (): RTCPeerConnection => {
    const connection = new FakePeerConnection();
    this.all.push(connection);
    // The links use what the fake has, and nothing else.
    return connection as unknown as RTCPeerConnection;
  };

  get newest(): FakePeerConnection {
    const connection = this.all.at(-1);
    if (connection === undefined) throw new Error('no connection was made');
    return connection;
  }

  get open(): number {
    return this.all.filter((connection) => !connection.closed).length;
  }
}
