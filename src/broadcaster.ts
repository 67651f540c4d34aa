/** The elements of a broadcast, without registering them. */
export type { BroadcastState } from './capture/broadcast-handler.ts';
export type { LayerReport, PublisherReport } from './capture/publisher-options.ts';
export type { CapturableElement, CardText } from './capture/sources/source-choice.ts';
export type {
  RtcLiveDetail,
  RtcOfflineDetail,
  RtcRecordingDetail,
  RtcReportDetail,
  RtcSourceDetail,
  RtcViewersDetail,
} from './components/rtc-broadcaster/broadcaster-events.ts';
export { RtcBroadcaster } from './components/rtc-broadcaster/rtc-broadcaster.ts';
export type { StudioPanel, StudioSettings, StudioSource, StudioView } from './ui/studio-context.ts';
export type {
  GainRequestDetail,
  InfoRequestDetail,
  MixRequestDetail,
  SettingsRequestDetail,
  SourceRequestDetail,
  StudioPanelRequestDetail,
} from './ui/studio-requests.ts';
