/** The elements of a broadcast, without registering them. */
export type { BroadcastState } from './capture/broadcast.ts';
export type { PublisherReport } from './capture/publisher-options.ts';
export {
  RtcBroadcaster,
  type RtcLiveDetail,
  type RtcOfflineDetail,
  type RtcReportDetail,
} from './components/rtc-broadcaster/rtc-broadcaster.ts';
