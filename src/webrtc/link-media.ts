import { SECTIONS, SLOTS, type Slot, type SlotTracks } from './slots.ts';

export type Kind = 'audio' | 'video';

/** How a slot is to be sent. What is left out stays as it was wished before; `undefined` takes a wish back. */
export interface EncodingWish {
  /** Bits a second. */
  readonly maxBitrate?: number | undefined;
  readonly scaleResolutionDownBy?: number | undefined;
  readonly maxFramerate?: number | undefined;
  /** What suffers first where not all can be sent. */
  readonly degradationPreference?: RTCDegradationPreference | undefined;
  /** False: nothing is sent, and nothing encoded. */
  readonly active?: boolean | undefined;
}

export type EncodedSlot = Exclude<Slot, 'screenAudio'>;
export type EncodingWishes = Readonly<Partial<Record<Slot, EncodingWish>>>;

/**
 * What a link sends. Microphone and camera have a section from the start, both ways, whether or not there is a track at the moment;
 * a shared screen and its sound get theirs when either side first shares. A track then comes and goes with `replaceTrack`, without
 * another negotiation.
 */
export class LinkMedia {
  readonly #connection: RTCPeerConnection;
  #tracks: SlotTracks;
  /** Slots whose section was offered: one that the other side refuses is not offered again and again. */
  readonly #offered = new Set<Slot>();
  #wishes: EncodingWishes;
  /** What the other side does not show at the moment. */
  readonly #hidden = new Set<Slot>();

  constructor(connection: RTCPeerConnection, tracks: SlotTracks, wishes: EncodingWishes = {}) {
    this.#connection = connection;
    this.#tracks = tracks;
    this.#wishes = wishes;
  }

  get wishes(): EncodingWishes {
    return this.#wishes;
  }

  /** Slots that are not sent as the browser sees fit. */
  get encoded(): Slot[] {
    return SLOTS.filter((slot) => this.#wishes[slot] !== undefined || this.#hidden.has(slot) || (slot === 'screen' && this.find(slot)));
  }

  /** True when there is something to send that has no section, nor was offered one. */
  get lacksSection(): boolean {
    return SLOTS.some((slot) => this.#tracks[slot] !== null && this.find(slot) === undefined && !this.#offered.has(slot));
  }

  /** The offering side's part: opens the sections. */
  open(): void {
    for (const slot of SLOTS) {
      const [kind, index] = SECTIONS[slot];
      const track = this.#tracks[slot];
      if ((index > 0 && track === null) || this.find(slot) !== undefined) continue;
      this.#connection.addTransceiver(track ?? kind, { direction: 'sendrecv' });
      this.#offered.add(slot);
    }
  }

  /**
   * The answering side's part, after the offer was applied: sends into the sections that the offer opened. Sections of an own
   * offer that was rolled back are not taken up by the other side's (RFC 8829 §5.10 looks only at those made by addTrack): they end.
   */
  async join(): Promise<void> {
    const all = this.#connection.getTransceivers();
    for (const transceiver of all) if (transceiver.mid === null && transceiver.direction !== 'stopped') transceiver.stop();
    this.#offered.clear();
    const taken = SLOTS.map((slot) => [slot, this.find(slot)] as const);
    for (const transceiver of all) {
      if (transceiver.direction === 'stopped') continue;
      // More sections than there are slots are nobody's.
      transceiver.direction = taken.some(([, one]) => one === transceiver) ? 'sendrecv' : 'inactive';
    }
    await Promise.all(
      taken.map(async ([slot, transceiver]) => {
        const track = this.#tracks[slot];
        if (transceiver !== undefined && transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
      }),
    );
  }

  async replace(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    this.#tracks = { ...this.#tracks, [slot]: track };
    this.#offered.delete(slot);
    await this.find(slot)?.sender.replaceTrack(track);
  }

  wish(slot: Slot, wish: EncodingWish): void {
    this.#wishes = { ...this.#wishes, [slot]: { ...this.#wishes[slot], ...wish } };
  }

  setShown(slot: Slot, shown: boolean): void {
    if (shown) this.#hidden.delete(slot);
    else this.#hidden.add(slot);
  }

  async encode(slot: Slot, encodeSlot: typeof import('./encode-slot.ts').encodeSlot): Promise<void> {
    const sender = this.find(slot)?.sender;
    if (sender !== undefined) await encodeSlot(sender, slot, this.#wishes[slot], !this.#hidden.has(slot));
  }

  find(slot: Slot): RTCRtpTransceiver | undefined {
    const [kind, index] = SECTIONS[slot];
    const own = this.#connection.getTransceivers().filter((one) => one.receiver.track.kind === kind && one.direction !== 'stopped');
    return own.sort((one, other) => Number(one.mid === null) - Number(other.mid === null))[index];
  }

  slotOf(transceiver: RTCRtpTransceiver): Slot | undefined {
    return SLOTS.find((slot) => this.find(slot) === transceiver);
  }
}
