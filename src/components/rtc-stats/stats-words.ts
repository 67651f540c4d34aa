import { messages } from '../../ui/localize.ts';
import { pageLocale } from '../../ui/page-locale.ts';
import { labelQuality } from '../../ui/tile-quality.ts';
import type { LinkQuality, MediaFigures, PictureFigures } from '../../webrtc/link-quality.ts';

export const statsMessages = messages('stats', {
  caption: 'How the connections are doing',
  participant: 'Participant',
  quality: 'Quality',
  sent: 'Sent',
  received: 'Received',
  roundTrip: 'Round trip',
  path: 'Path',
  good: 'good connection',
  unknown: 'not known yet',
  none: 'none',
  mbit: '{value} Mbit/s',
  kbit: '{value} kbit/s',
  picture: '{width}×{height}, {frames} fps',
  lost: '{share} lost',
  ms: '{value} ms',
  direct: 'direct, {protocol}',
  relay: 'relayed, {protocol}',
  empty: 'Nobody else is here.',
  guest: 'Guest',
});

const msg = statsMessages;

/** `good connection`, `poor connection: this device is busy` */
export function qualityWords(quality: LinkQuality): string {
  return labelQuality(quality)?.words ?? msg(quality.level === 'good' ? 'good' : 'unknown');
}

/** `2.1 Mbit/s`, `640 kbit/s` */
export function rateWords(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1_000_000) return msg('mbit', { value: decimal(bitsPerSecond / 1_000_000, 1) });
  return msg('kbit', { value: decimal(bitsPerSecond / 1_000, 0) });
}

/** `1280×720, 30 fps` */
export function pictureWords({ width, height, frameRate }: PictureFigures): string {
  return msg('picture', { width: plain(width), height: plain(height), frames: decimal(frameRate, 0) });
}

/** `0.4% lost`; nothing where it is not known. */
export function lossWords({ loss }: MediaFigures): string | undefined {
  if (loss === null) return undefined;
  const share = new Intl.NumberFormat(pageLocale(), { style: 'percent', maximumFractionDigits: loss < 0.1 ? 1 : 0 }).format(loss);
  return msg('lost', { share });
}

/** `34 ms` */
export function timeWords(milliseconds: number): string {
  return msg('ms', { value: decimal(milliseconds, 0) });
}

/** `direct, UDP`, `relayed, TCP`, of `host udp`, `relay tcp`. */
export function pathWords(path: string): string {
  const [type, protocol = ''] = path.split(' ');
  return msg(type === 'relay' ? 'relay' : 'direct', { protocol: protocol.toUpperCase() });
}

function decimal(value: number, fractionDigits: number): string {
  return new Intl.NumberFormat(pageLocale(), { maximumFractionDigits: fractionDigits }).format(value);
}

/** Pixels are written without marks between thousands. */
function plain(value: number): string {
  return new Intl.NumberFormat(pageLocale(), { useGrouping: false }).format(value);
}
