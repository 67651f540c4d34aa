import type { BroadcastState } from '../../capture/broadcast-handler.ts';
import type { PublisherReport } from '../../capture/publisher-options.ts';
import type { OverlayPush, RecordingPush } from '../../protocol/messages/stream.ts';
import { messages } from '../../ui/localize.ts';

export const words = messages('broadcaster', {
  'state.off': 'Off air',
  'state.requesting': 'Waiting for the camera',
  'state.preview': 'Preview, off air',
  'state.connecting': 'Connecting',
  'state.live': 'Live',
  'state.reconnecting': 'Reconnecting',
  'state.stopping': 'Stopping',
  'state.error': 'Off air',
  paused: 'Paused',
  start: 'Go live',
  stop: 'End',
  cancel: 'Cancel',
  pause: 'Pause',
  resume: 'Resume',
  preview: 'Show preview',
  'preview-label': 'What viewers see',
  'card-title': 'Back in a moment',
  'card-text': 'The broadcast is paused.',
  resolution: 'Resolution',
  bitrate: 'Bit rate',
  dropped: 'Dropped',
  fps: '{frames} fps',
  kbit: '{value} kbit/s',
  mbit: '{value} Mbit/s',
  viewers: '{count} watching',
  'slow-uplink': 'The uplink is slow: sending {height}p at {rate}.',
  busy: 'The computer is busy: sending {height}p with {frames} frames a second.',
  'other-tab': 'Another tab or device is on air with this stream.',
  'taken-over': 'Another tab or device has taken this stream over.',
  'take-over': 'Take over',
  full: 'The server carries no more broadcasts at once. Try again when one has ended.',
  over: 'The broadcast has lasted as long as the server allows, and was ended.',
  recording: 'Recording',
  'recording-forbidden': 'The broadcast is not recorded: the server does not allow it here. It goes on.',
  'recording-disk-full': 'The recording has stopped: the server has no space left. The broadcast goes on.',
  'recording-disk-slow': 'The recording has stopped: the server’s disk is too slow. The broadcast goes on.',
  'recording-disk-failed': 'The recording has stopped: the server’s disk has failed. The broadcast goes on.',
  'recording-stopped': 'The recording has stopped. The broadcast goes on.',
  'server-overlay-missing': 'The server does not draw on this broadcast, which goes on without. The server says: {details}',
  'server-overlay-gone': 'The server does not draw on this broadcast, which goes on without.',
  host: 'Host',
  'chat-later': 'The chat opens when you are live.',
  watch: 'Watch page',
  copy: 'Copy link',
  copied: 'Link copied',
  'missing-stream': 'Set the attribute stream of <rtc-broadcaster> to the name to broadcast under.',
  'invalid-stream': '“{stream}” is not a name for a stream: use 1 to 63 of a-z, 0-9 and -, not starting with -.',
});

export const stateWord = (state: BroadcastState): string => words(`state.${state}`);

const WHY_STOPPED = ['forbidden', 'disk-full', 'disk-slow', 'disk-failed'] as const;

/** Why a broadcast that was to be recorded is not; null while it is. */
export function recordingWords(recording: RecordingPush | null): string | null {
  if (recording?.state !== 'stopped') return null;
  const reason = WHY_STOPPED.find((known) => known === recording.reason) ?? 'stopped';
  return words(`recording-${reason}`);
}

/** That the server does not draw what it was asked to, and why; null while it does. */
export function serverOverlayWords(overlay: OverlayPush | null): string | null {
  if (overlay?.overlay !== 'none') return null;
  return overlay.details === undefined ? words('server-overlay-gone') : words('server-overlay-missing', { details: overlay.details });
}

/** What keeps a broadcast below what was asked for, in words; null where nothing does. */
export function healthWords(report: PublisherReport | null): string | null {
  if (report === null || report.limited === 'none') return null;
  const height = Math.min(report.width, report.height);
  if (report.limited === 'uplink') return words('slow-uplink', { height, rate: formatBitrate(report.targetBitrate) });
  return words('busy', { height, frames: Math.round(report.frameRate) });
}

/** `2.1 Mbit/s`, `640 kbit/s` */
export function formatBitrate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1_000_000) return words('mbit', { value: (bitsPerSecond / 1_000_000).toFixed(1) });
  return words('kbit', { value: Math.round(bitsPerSecond / 1_000) });
}

/** `0:07`, `12:30`, `1:02:03` */
export function formatElapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3_600);
  return hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':').replace(/^0(?=\d)/, '');
}
