/**
 * What the parts of a broadcaster ask of it: cancelable events that bubble and are composed. The broadcaster acts unless a listener of
 * the page calls `preventDefault()`; what comes of it flows back through the `StudioView`.
 */
import type { EnableRequestDetail } from './room-requests.ts';
import type { StudioPanel, StudioSettings, StudioSource } from './studio-context.ts';

/** Detail of `rtc-source-request`. */
export interface SourceRequestDetail {
  readonly source: StudioSource | 'file';
  /** Which one, for `file`. */
  readonly file?: File;
}

/** Detail of `rtc-gain-request`. */
export interface GainRequestDetail {
  /** 0 to 4; 1 leaves the sound as it is. */
  readonly gain: number;
}

/** Detail of `rtc-mix-request`. */
export interface MixRequestDetail {
  readonly deviceId: string;
  readonly enabled: boolean;
}

/** Detail of `rtc-settings-request`: only what changes. */
export type SettingsRequestDetail = Partial<StudioSettings>;

/** Detail of `rtc-info-request`: only what changes; an empty text takes it away. */
export interface InfoRequestDetail {
  readonly title?: string;
  readonly description?: string;
}

/** Detail of `rtc-panel-request`: the panel to show, or none. */
export interface StudioPanelRequestDetail {
  readonly panel: StudioPanel | null;
}

/** The requests that only a broadcaster acts on, by event name. */
export interface StudioRequests {
  'rtc-source-request': SourceRequestDetail;
  'rtc-inset-request': EnableRequestDetail;
  'rtc-gain-request': GainRequestDetail;
  'rtc-mix-request': MixRequestDetail;
  'rtc-record-request': EnableRequestDetail;
  'rtc-settings-request': SettingsRequestDetail;
  'rtc-info-request': InfoRequestDetail;
  'rtc-microphone-request': EnableRequestDetail;
  'rtc-panel-request': StudioPanelRequestDetail;
}
