/** Readings of links, as plain data. */
import type { LinkReading } from '../../src/webrtc/link-quality.ts';

/** A link over which everything goes well. */
export const WELL: LinkReading = {
  sent: { bitrate: 900_000, loss: 0, jitter: 2, video: { width: 1280, height: 720, frameRate: 30, codec: 'VP8' } },
  received: { bitrate: 900_000, loss: 0, jitter: 2, video: { width: 1280, height: 720, frameRate: 30, codec: 'VP8' } },
  roundTrip: 20,
  availableOutgoing: null,
  path: 'host udp',
  limitation: 'none',
  freezes: 0,
};

export const sentLoss = (loss: number): LinkReading => ({ ...WELL, sent: { ...WELL.sent, loss } });
export const receivedLoss = (loss: number): LinkReading => ({ ...WELL, received: { ...WELL.received, loss } });
