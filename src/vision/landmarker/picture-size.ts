/** How large pictures are, and how large they are when a detector looks at them. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The longer edge, in pixels. The detector itself looks at 128 x 128 and the landmarks are found in a cut-out of 256 x 256, so that what a larger
 * picture adds is the sharpness of faces below 40 % of its width, at twice the time for 1080p.
 */
const LONGEST_EDGE = 640;

export function pictureSize(picture: VideoFrame | ImageBitmap | OffscreenCanvas): Size {
  return 'displayWidth' in picture ? { width: picture.displayWidth, height: picture.displayHeight } : picture;
}

/** What a picture is scaled to for detection: its own size, or smaller, in the same shape. */
export function detectionSize({ width, height }: Size): Size {
  const scale = Math.min(1, LONGEST_EDGE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
