/** The element that draws contours of faces, without registering it. */
export type { ContourState, RtcFacesDetail } from './components/face-contour/contour-events.ts';
export { FaceContour } from './components/face-contour/face-contour.ts';
