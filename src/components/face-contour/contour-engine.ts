/** What `<face-contour>` loads when it first has something to look at. */
export { captureContours } from './contour-capture.ts';
export { ContourWatch } from './contour-watch.ts';
