/** All classes of the SDK, without registering an element: `glasscast/<name>/define` does that. */
export * from './broadcaster.ts';
export * from './face-contour.ts';
export * from './frames.ts';
export * from './hls-viewer.ts';
export * from './lobby.ts';
export * from './overlays.ts';
export { ERROR_CODES, type ErrorCode, GlasscastError } from './protocol/errors.ts';
export * from './room.ts';
