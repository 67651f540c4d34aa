/** How a link is doing, for people: one word, and what holds it back. */
export type QualityLevel = 'good' | 'fair' | 'poor' | 'unknown';

/**
 * `cpu`: this device cannot encode as much; `uplink`: what we send is lost or late; `downlink`: what we receive is lost or late;
 * `peer`: the other side sends less than it should, or its own device or network is the reason.
 */
export type QualityCause = 'none' | 'cpu' | 'uplink' | 'downlink' | 'peer';

export interface LinkQuality {
  readonly level: QualityLevel;
  readonly cause: QualityCause;
}

export const UNKNOWN_QUALITY: LinkQuality = { level: 'unknown', cause: 'none' };

/** What a link carried in the last interval. Rates in bits a second, times in milliseconds, loss from 0 to 1; null where not known. */
export interface LinkFigures {
  readonly peer: string;
  readonly quality: LinkQuality;
  readonly sent: MediaFigures;
  readonly received: MediaFigures;
  readonly roundTrip: number | null;
  readonly availableOutgoing: number | null;
  /** `host`, `srflx`, `prflx` or `relay`, and `udp` or `tcp`: of the selected pair's local candidate. */
  readonly path: string | null;
}

export interface MediaFigures {
  readonly bitrate: number | null;
  readonly loss: number | null;
  readonly jitter: number | null;
  readonly video: { readonly width: number; readonly height: number; readonly frameRate: number; readonly codec: string } | null;
}
