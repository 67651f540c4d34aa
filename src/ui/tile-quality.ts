import type { TemplateResult } from 'lit';
import type { LinkQuality } from '../webrtc/link-quality.ts';
import * as icons from './icons.ts';
import { messages } from './localize.ts';

const msg = messages('quality', {
  fair: 'fair connection',
  poor: 'poor connection',
  because: '{quality}: {cause}',
  cpu: 'this device is busy',
  uplink: 'your network, sending',
  downlink: 'your network, receiving',
  peer: 'their network or device',
});

export interface QualityLabel {
  readonly icon: TemplateResult;
  readonly words: string;
}

/** How a link is doing that is not doing well, in words. */
export function labelQuality({ level, cause }: LinkQuality): QualityLabel | undefined {
  if (level !== 'fair' && level !== 'poor') return undefined;
  const quality = msg(level);
  return {
    icon: level === 'fair' ? icons.signalFair : icons.signalPoor,
    words: cause === 'none' ? quality : msg('because', { quality, cause: msg(cause) }),
  };
}
