/** VP8, VP9 and AV1 of a container on their way through an overlay, which makes H.264 of them at the same time. */
import type { ContainerTrack } from '../../ingest/container-reader.ts';
import type { Microseconds, VideoPath, VideoSink } from '../../ingest/container-video.ts';
import { IVF_CODECS, MAX_SIDE, MIN_SIDE } from '../../transcode/transcoders.ts';
import type { Redrawn, RedrawnPictures, RedrawnSource } from './redrawn-pictures.ts';
import { evenSize } from './yuv-picture.ts';

const TIMESCALE = 1_000_000;
/** Containers of browsers do not tell it. */
const FRAME_RATE = 30;

/** How a track goes into a decoder; null where that is not for an overlay to do. */
export function ivfSource({ codec, width, height }: ContainerTrack): RedrawnSource | null {
  const ivf = IVF_CODECS[codec];
  if (ivf === undefined || Math.min(width, height) < MIN_SIDE || Math.max(width, height) > MAX_SIDE) return null;
  return { ...evenSize({ width, height }), coded: { ivf }, timescale: TIMESCALE, frameRate: FRAME_RATE };
}

export class OverlayPath implements VideoPath {
  readonly #pictures: RedrawnPictures;
  readonly #sink: VideoSink;
  readonly #closed: () => void;
  #avcC: Uint8Array | null = null;

  constructor(pictures: RedrawnPictures, sink: VideoSink, closed: () => void) {
    this.#pictures = pictures;
    this.#sink = sink;
    this.#closed = closed;
  }

  frame(time: Microseconds, key: boolean, data: Uint8Array): boolean {
    return this.#pictures.push({ dts: time, cts: 0, key, data });
  }

  close(): void {
    this.#closed();
  }

  redrawn({ dts, cts, data, avcC }: Redrawn): void {
    if (avcC !== this.#avcC) this.#sink.configured(avcC);
    this.#avcC = avcC;
    this.#sink.picture(dts, data, cts);
  }

  /** What was under way will not come; `forGood` where nothing will. */
  lost(forGood: boolean): void {
    if (forGood)
      this.#sink.failed('codec-unsupported', 'Faces cannot be drawn on these pictures: ffmpeg ends again and again. Send H.264.');
    else this.#sink.lost();
  }
}
