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
export interface LinkReading {
  readonly sent: MediaFigures;
  readonly received: MediaFigures;
  readonly roundTrip: number | null;
  readonly availableOutgoing: number | null;
  /** `host`, `srflx`, `prflx` or `relay`, and `udp`, `tcp` or `tls`: of the selected pair's local candidate, as in `relay tcp`. */
  readonly path: string | null;
  /** What keeps the camera's encoding below what it could be. Browsers other than those of Chromium and Safari do not say. */
  readonly limitation: 'none' | 'cpu' | 'bandwidth' | 'other' | null;
  /** How often the other one's camera picture stood still. */
  readonly freezes: number | null;
}

export interface LinkFigures extends LinkReading {
  readonly peer: string;
  readonly quality: LinkQuality;
}

export interface MediaFigures {
  readonly bitrate: number | null;
  readonly loss: number | null;
  readonly jitter: number | null;
  /** The largest picture of those that move; null while there is none. */
  readonly video: PictureFigures | null;
}

export interface PictureFigures {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly frameRate: number;
  /** As in `VP8`; empty where not known. */
  readonly codec: string;
}
