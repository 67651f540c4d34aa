import type { FrameTransport } from '../../vision/frames/open-frames.ts';

interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

export const INTERVAL: NumberRule = { min: 0.05, max: 60, fallback: 0.5 };
export const FRAME_WIDTH: NumberRule = { min: 16, max: 1920, fallback: 244 };

/** What the attribute says, or its default with a warning. */
export function readNumber(name: string, value: number, rule: NumberRule, warn: (message: string) => void): number {
  if (Number.isFinite(value) && value >= rule.min && value <= rule.max) return value;
  warn(`${name} must be a number from ${rule.min} to ${rule.max}; using ${rule.fallback}.`);
  return rule.fallback;
}

export function readTransport(value: string, warn: (message: string) => void): FrameTransport {
  if (value === 'channel' || value === 'http' || value === 'multipart') return value;
  if (value === 'datachannel') warn('transport="datachannel" needs a server that speaks WebRTC; using channel.');
  else warn(`transport="${value}" is not known; using channel.`);
  return 'channel';
}
