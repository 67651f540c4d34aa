/** The parts that a room loads by itself, for pages that extend them or define them in their own bundle. */
export { RtcChat } from './components/rtc-chat/rtc-chat.ts';
export { RtcControls } from './components/rtc-controls/rtc-controls.ts';
export { RtcDevicePicker } from './components/rtc-device-picker/rtc-device-picker.ts';
export { RtcGrid } from './components/rtc-grid/rtc-grid.ts';
export { RtcPrejoin } from './components/rtc-prejoin/rtc-prejoin.ts';
export { RtcPanel } from './components/rtc-room/rtc-panel.ts';
export { RtcRoster } from './components/rtc-roster/rtc-roster.ts';
export { RtcStats } from './components/rtc-stats/rtc-stats.ts';
export { RtcTile } from './components/rtc-tile/rtc-tile.ts';
