export { HlsViewer, type RtcLatencyDetail } from './components/hls-viewer/hls-viewer.ts';
export type { EngineEvents, EngineFailure, PlaybackEngine, PlaybackLevel } from './playback/engine.ts';
export type { PlayerState } from './playback/player.ts';
export { GlasscastError } from './protocol/errors.ts';
