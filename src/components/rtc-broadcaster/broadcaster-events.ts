import type { PublisherReport } from '../../capture/publisher-options.ts';
import type { Playback } from '../../protocol/messages/stream.ts';
import type { StudioSource } from '../../ui/studio-context.ts';

/** Detail of `rtc-live`: the server has acknowledged a key frame. */
export interface RtcLiveDetail {
  readonly session: string;
  readonly epoch: number;
  readonly playback: Playback;
}

/** Detail of `rtc-offline`. */
export interface RtcOfflineDetail {
  readonly reason: 'stopped' | 'error';
}

/** Detail of `rtc-report`, once a second while on air. */
export interface RtcReportDetail {
  readonly report: PublisherReport;
}

/** Detail of `rtc-recording`. */
export interface RtcRecordingDetail {
  readonly state: 'recording' | 'stopped';
  /** Why it stopped while the broadcast goes on: `forbidden`, `disk-full`, `disk-slow` or `disk-failed`. */
  readonly reason: string | null;
}

/** Detail of `rtc-source-change`: what is sent is another than before. */
export interface RtcSourceDetail {
  readonly source: StudioSource;
  readonly inset: boolean;
  readonly paused: boolean;
  readonly microphone: boolean;
  readonly gain: number;
}

/** Detail of `rtc-viewers`. */
export interface RtcViewersDetail {
  readonly count: number;
}
