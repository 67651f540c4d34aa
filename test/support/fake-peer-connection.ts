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
  readonly channel = new FakeDataChannel();
  generation = 0;
  bytesReceived = 0;
  closed = false;
  /** The next remote description fails with this. */
  failNext: Error | undefined;
  onicecandidate: ((event: { candidate: RTCIceCandidate | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: MediaStreamTrack; transceiver: FakeTransceiver }) => void) | null = null;
  #restart = true;
  /** Sections of the pending own offer that none had before. */
  #offered: FakeTransceiver[] = [];
  readonly #received = new Set<FakeTransceiver>();

  addTransceiver(trackOrKind: MediaStreamTrack | string): FakeTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const transceiver = new FakeTransceiver(track?.kind ?? String(trackOrKind), track);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel(): FakeDataChannel {
    return this.channel;
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }

  restartIce(): void {
    this.#restart = true;
  }

  /** What would be offered. Sections get their ids when it is applied. */
  async createOffer(): Promise<RTCSessionDescriptionInit> {
    const open = this.transceivers.filter((transceiver) => transceiver.direction !== 'stopped');
    const kinds = open.map(({ kind }) => kind);
    return { type: 'offer', sdp: sdpOf(this.fingerprint, `${this.fingerprint}-${this.generation}`, kinds) };
  }

  async setLocalDescription(): Promise<void> {
    if (this.#restart) this.generation += 1;
    this.#restart = false;
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
    const open = this.transceivers.filter((transceiver) => transceiver.direction !== 'stopped');
    if (type === 'offer') {
      this.#offered = open.filter((transceiver) => transceiver.mid === null);
      let next = open.length - this.#offered.length;
      for (const transceiver of this.#offered) transceiver.mid = String(next++);
    }
    const kinds = open.filter(({ mid }) => mid !== null).map(({ kind }) => kind);
    this.localDescription = { type, sdp: sdpOf(this.fingerprint, `${this.fingerprint}-${this.generation}`, kinds) };
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure !== undefined) throw failure;
    if (description.type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('no offer to answer');
    if (description.type === 'offer') {
      // What was offered is taken back.
      if (this.signalingState === 'have-local-offer') for (const transceiver of this.#offered) transceiver.mid = null;
      for (const [index, [, kind = '']] of [...(description.sdp ?? '').matchAll(/^m=(\w+)/gm)].entries()) {
        if (this.transceivers.some(({ mid }) => mid === String(index))) continue;
        this.transceivers.push(new FakeTransceiver(kind, null, 'recvonly', String(index)));
      }
    }
    this.#offered = [];
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    for (const transceiver of this.transceivers) {
      if (transceiver.mid === null || this.#received.has(transceiver)) continue;
      this.#received.add(transceiver);
      this.ontrack?.({ track: transceiver.receiver.track as MediaStreamTrack, transceiver });
    }
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

export class FakeTransceiver {
  readonly kind: string;
  mid: string | null;
  direction: string;
  readonly receiver: { readonly track: { readonly kind: string } };
  readonly sender: FakeSender;

  constructor(kind: string, track: MediaStreamTrack | null, direction = 'sendrecv', mid: string | null = null) {
    this.kind = kind;
    this.direction = direction;
    this.mid = mid;
    this.receiver = { track: { kind } };
    this.sender = new FakeSender(track);
  }

  stop(): void {
    this.direction = 'stopped';
  }
}

class FakeSender {
  track: MediaStreamTrack | null;
  encoding: RTCRtpEncodingParameters = { active: true };
  /** The next parameters are refused with this. */
  failNext: Error | undefined;

  constructor(track: MediaStreamTrack | null) {
    this.track = track;
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
  }

  getParameters(): RTCRtpSendParameters {
    return { encodings: [{ ...this.encoding }] } as RTCRtpSendParameters;
  }

  async setParameters({ encodings: [encoding] }: RTCRtpSendParameters): Promise<void> {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure !== undefined) throw failure;
    if (encoding !== undefined) this.encoding = encoding;
  }
}

export class FakeDataChannel {
  readyState: RTCDataChannelState = 'connecting';
  readonly sent: (string | ArrayBuffer)[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;

  open(): void {
    this.readyState = 'open';
    this.onopen?.();
  }

  send(frame: string | ArrayBuffer): void {
    this.sent.push(frame);
  }

  receive(data: string | ArrayBuffer): void {
    this.onmessage?.({ data });
  }
}

/** A description as far as a link and the fake read one: one section a kind. */
export function sdpOf(fingerprint: string, ufrag: string, kinds: readonly string[] = ['audio', 'video']): string {
  const sections = kinds.map((kind) => `m=${kind} 9 UDP 111\r\na=ice-ufrag:${ufrag}\r\n`);
  return `v=0\r\na=fingerprint:sha-256 ${fingerprint}\r\n${sections.join('')}`;
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
