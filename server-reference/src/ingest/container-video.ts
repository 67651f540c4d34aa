/** Pictures out of a container, as H.264 with length-prefixed NAL units: as they come, or as somebody else makes them. */
import { readAnnexB, toLengthPrefixed } from './annex-b.ts';
import { type AvcConfiguration, BitstreamError, buildAvcC, parseAvcC } from './h264.ts';
import type { MatroskaTrack } from './matroska-tracks.ts';

/** Microseconds of the container's time. */
export type Microseconds = number;

/** What a video track of a container becomes. Calls come in the order of time. */
export interface VideoSink {
  /** Pictures of this configuration follow; again only where they do not continue those before. */
  configured(avcC: Uint8Array): void;
  picture(time: Microseconds, data: Uint8Array): void;
  /** A picture that others depend on is missing. */
  lost(): void;
  /** Nothing more will come, and why. */
  failed(reason: 'codec-unsupported' | 'invalid' | 'limit', details: string): void;
}

export interface VideoPath {
  /** Whether a picture of this time will follow, or has. Throws {@link BitstreamError}. */
  frame(time: Microseconds, key: boolean, data: Uint8Array): boolean;
  close(): void;
}

/** Makes H.264 of other codecs. Null where it may not; `failed` has then said why. */
export type Transcode = (track: MatroskaTrack, sink: VideoSink) => VideoPath | null;

/** H.264 passes through. Chromium writes start codes and no CodecPrivate; the parameter sets then stand in front of each IDR picture. */
export class PassThrough implements VideoPath {
  readonly #sink: VideoSink;
  readonly #prefixed: boolean;
  #avc: AvcConfiguration | null = null;

  constructor({ codecPrivate }: MatroskaTrack, sink: VideoSink) {
    this.#sink = sink;
    this.#prefixed = codecPrivate !== null && codecPrivate.byteLength > 0;
    if (codecPrivate !== null && this.#prefixed) this.#configure(parseAvcC(codecPrivate));
  }

  frame(time: Microseconds, _key: boolean, data: Uint8Array): boolean {
    if (this.#prefixed) {
      this.#sink.picture(time, data);
      return true;
    }
    const unit = readAnnexB(data);
    if (unit.nals.length === 0) throw new BitstreamError('a picture has neither start codes nor a configuration that says otherwise');
    const changed = unit.key && unit.sets !== null ? buildAvcC(unit.sets) : null;
    if (this.#avc === null && changed === null) return false;
    if (this.#avc === null && changed !== null) this.#configure(parseAvcC(changed));
    this.#sink.picture(time, toLengthPrefixed(unit, this.#avc));
    // What has just been sent within the picture is known from now on.
    if (changed !== null) this.#avc = parseAvcC(changed);
    return true;
  }

  close(): void {
    this.#avc = null;
  }

  #configure(avc: AvcConfiguration): void {
    this.#avc = avc;
    this.#sink.configured(avc.avcC);
  }
}
