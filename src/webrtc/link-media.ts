import type { SlotTracks } from './slots.ts';

export const KINDS = ['audio', 'video'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * What a link sends: one audio and one video section, both ways, whether or not there is a track at the moment. Microphone and
 * camera then come and go with `replaceTrack`, without another negotiation.
 */
export class LinkMedia {
  readonly #connection: RTCPeerConnection;
  #tracks: SlotTracks;

  constructor(connection: RTCPeerConnection, tracks: SlotTracks) {
    this.#connection = connection;
    this.#tracks = tracks;
  }

  /** The offering side's part: opens the sections. */
  open(): void {
    for (const kind of KINDS) {
      if (this.#find(kind) === undefined) this.#connection.addTransceiver(this.#tracks[kind] ?? kind, { direction: 'sendrecv' });
    }
  }

  /**
   * The answering side's part, after the offer was applied: sends into the sections that the offer opened. Sections of an own
   * offer that was rolled back are not taken up by the other side's (RFC 8829 §5.10 looks only at those made by addTrack): they end.
   */
  async join(): Promise<void> {
    await Promise.all(KINDS.map((kind) => this.#take(kind)));
  }

  async replace(kind: Kind, track: MediaStreamTrack | null): Promise<void> {
    this.#tracks = { ...this.#tracks, [kind]: track };
    await this.#find(kind)?.sender.replaceTrack(track);
  }

  async #take(kind: Kind): Promise<void> {
    const transceiver = this.#find(kind);
    if (transceiver === undefined) return;
    transceiver.direction = 'sendrecv';
    for (const other of this.#connection.getTransceivers()) {
      if (other !== transceiver && other.mid === null && kindOf(other) === kind && other.direction !== 'stopped') other.stop();
    }
    if (transceiver.sender.track !== this.#tracks[kind]) await transceiver.sender.replaceTrack(this.#tracks[kind]);
  }

  #find(kind: Kind): RTCRtpTransceiver | undefined {
    const own = this.#connection.getTransceivers().filter((one) => kindOf(one) === kind && one.direction !== 'stopped');
    return own.find((one) => one.mid !== null) ?? own[0];
  }
}

function kindOf(transceiver: RTCRtpTransceiver): string {
  return transceiver.receiver.track.kind;
}
