/**
 * All drawings. Import them as `* as icons`. They stand in one module for each place that shows them together: a bundle, and what it
 * loads on demand, then each hold their own.
 */

export * from './icons/camera.ts';
export * from './icons/controls.ts';
export * from './icons/microphone.ts';
export * from './icons/panels.ts';
export * from './icons/player.ts';
export * from './icons/signal.ts';
export * from './icons/stage.ts';
export * from './icons/studio.ts';
