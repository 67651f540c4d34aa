import { openOverlaidTrack } from '../../capture/overlay/overlaid-track.ts';
import { ElementCapture } from '../../capture/sources/element-capture.ts';
import type { GlasscastError } from '../../protocol/errors.ts';
import type { OverlayRequest, VisionSettings } from '../../vision/overlay.ts';
import type { ContourLook } from './contour-settings.ts';

export interface ContourCapture {
  /** The picture with contours, and the media's sound while it has any. */
  readonly stream: MediaStream;
  setLook(look: ContourLook): void;
  /** Ends its tracks; the media goes on. */
  close(): void;
}

const requestOf = (look: ContourLook): OverlayRequest => ({ name: 'face-contour', options: { ...look } });

/**
 * What the video plays, with contours drawn on the pictures themselves.
 * @param notice something is not as it should be, and pictures go on
 * @throws GlasscastError `invalid` where the video belongs to another site that does not allow it, `unsupported`
 */
export async function captureContours(
  video: HTMLVideoElement,
  look: ContourLook,
  vision: VisionSettings,
  notice: (error: GlasscastError) => void,
): Promise<ContourCapture> {
  let follow = (): void => undefined;
  const capture = new ElementCapture(video, () => follow());
  let overlaid: Awaited<ReturnType<typeof openOverlaidTrack>>;
  try {
    overlaid = await openOverlaidTrack(capture.video, { overlays: [requestOf(look)], vision, notice });
  } catch (error) {
    capture.close();
    throw error;
  }
  const stream = new MediaStream([overlaid.track]);
  follow = () => {
    overlaid.setInput(capture.video);
    const { audio } = capture;
    for (const track of stream.getAudioTracks()) if (track !== audio) stream.removeTrack(track);
    if (audio !== null) stream.addTrack(audio);
  };
  follow();
  return {
    stream,
    setLook: (next) => void overlaid.setOverlays([requestOf(next)]),
    close: () => {
      overlaid.close();
      capture.close();
    },
  };
}
