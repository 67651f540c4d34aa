/** The receiver of somebody's voice, by what is used of it. */
export interface VoiceReceiver {
  readonly track: MediaStreamTrack;
  getSynchronizationSources?(): readonly { readonly timestamp: number; readonly audioLevel?: number }[];
}

/**
 * How loud somebody else is, by the packets that were played last (https://www.w3.org/TR/webrtc/#dom-rtcrtpcontributingsource-audiolevel).
 * It takes neither a report nor anything that listens.
 */
export class VoiceLevel {
  #playedAt = 0;
  #isNew = false;

  /** Whether something was played since the reading before, or nothing was to be expected. */
  get arrives(): boolean {
    return this.#isNew;
  }

  /** From 0 to 1; null where there is no sound, or the browser does not tell. */
  read(receiver: VoiceReceiver | undefined): number | null {
    this.#isNew = true;
    if (receiver === undefined || receiver.track.muted) return null;
    const newest = receiver
      .getSynchronizationSources?.()
      .reduce<{ timestamp: number; audioLevel?: number } | null>(
        (one, other) => (one === null || other.timestamp > one.timestamp ? other : one),
        null,
      );
    if (newest == null) return null;
    // A source is kept for ten seconds after its last packet.
    this.#isNew = newest.timestamp !== this.#playedAt;
    this.#playedAt = newest.timestamp;
    return this.#isNew ? (newest.audioLevel ?? 0) : 0;
  }
}
