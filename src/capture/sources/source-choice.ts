/** An element whose picture, sound or both can be taken with `captureStream`. */
export type CapturableElement = HTMLVideoElement | HTMLAudioElement | HTMLCanvasElement;

/** Where the picture of a broadcast comes from, and the sound beside the microphone. */
export type SourceChoice =
  | { readonly kind: 'camera' }
  | { readonly kind: 'screen' }
  | { readonly kind: 'element'; readonly element: CapturableElement };

/** What stands in the picture's place, in words, while a broadcast is paused. */
export interface CardText {
  readonly title: string;
  readonly text: string;
}

/** The first of several gains, and the only one that leaves the sound as it is. */
export const UNCHANGED_GAIN = 1;
export const MAX_GAIN = 4;
