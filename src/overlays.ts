/** For pages that draw on pictures themselves: `import { registerOverlay } from 'glasscast/overlays'`. It brings no element. */
export { GlasscastError } from './protocol/errors.ts';
export { type Box, type Face, LANDMARKS } from './vision/face.ts';
export type { Overlay, OverlayContext, OverlayFactory, OverlayPicture } from './vision/overlay.ts';
export { type RegisterOverlayOptions, registerOverlay } from './vision/overlay-registry.ts';
