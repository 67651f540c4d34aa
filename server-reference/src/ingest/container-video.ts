/** Pictures out of a container, as H.264 with length-prefixed NAL units: as they come, or as somebody else makes them. */
import { readAnnexB, toLengthPrefixed } from './annex-b.ts';
import type { ContainerTrack } from './container-reader.ts';
import { type AvcConfiguration, BitstreamError, buildAvcC, parseAvcC, readAccessUnit } from './h264.ts';
import { PictureOrder } from './picture-order.ts';

const LENGTH_SIZE = 4;

/** Microseconds of the container's time. */
export type Microseconds = number;

/** What a video track of a container becomes. Calls come in the order of decoding. */
export interface VideoSink {
  /** Pictures of this configuration follow; again only where they do not continue those before. */
  configured(avcC: Uint8Array): void;
  /** `composition` is what it is shown later than decoded; 0 where left out. */
  picture(decode: Microseconds, data: Uint8Array, composition?: Microseconds): void;
  /** A picture that others depend on is missing. */
  lost(): void;
  /** Nothing more will come, and why. */
  failed(reason: 'codec-unsupported' | 'invalid' | 'limit', details: string): void;
}

export interface VideoPath {
  /**
   * Whether a picture of this time will follow, or has. `decode` is when it is decoded, where the container says so.
   * Throws {@link BitstreamError}.
   */
  frame(time: Microseconds, key: boolean, data: Uint8Array, decode?: Microseconds): boolean;
  close(): void;
}

/** Makes H.264 of other codecs. Null where it may not; `failed` has then said why. */
export type Transcode = (track: ContainerTrack, sink: VideoSink) => VideoPath | null;

/**
 * H.264 passes through. Chromium writes start codes and no CodecPrivate into Matroska; the parameter sets then stand in front of each IDR
 * picture. MP4 with `avc3` has them there too, behind lengths, and a configuration without any.
 */
export class PassThrough implements VideoPath {
  readonly #sink: VideoSink;
  readonly #prefixed: boolean;
  #avc: AvcConfiguration | null = null;
  #order: PictureOrder<Uint8Array> | null = null;

  constructor({ codecPrivate }: ContainerTrack, sink: VideoSink) {
    this.#sink = sink;
    this.#prefixed = codecPrivate !== null && codecPrivate.byteLength > 0;
    if (codecPrivate !== null && this.#prefixed && !lacksSets(codecPrivate)) this.#configure(parseAvcC(codecPrivate));
  }

  frame(time: Microseconds, _key: boolean, data: Uint8Array, decode?: Microseconds): boolean {
    const picture = this.#prefixed ? this.#prefixedPicture(data) : this.#startCodedPicture(data);
    if (picture === null) return false;
    if (decode !== undefined) this.#sink.picture(decode, picture, time - decode);
    else
      for (const ready of this.#order?.push(time, picture) ?? [])
        this.#sink.picture(ready.decode, ready.picture, ready.time - ready.decode);
    return true;
  }

  close(): void {
    this.#avc = null;
  }

  /** Null before the first configuration. */
  #prefixedPicture(data: Uint8Array): Uint8Array | null {
    if (this.#avc !== null) return data;
    const { key, sets } = readAccessUnit(data, LENGTH_SIZE);
    if (!key || sets === null) return null;
    this.#configure(parseAvcC(buildAvcC(sets)));
    return data;
  }

  #startCodedPicture(data: Uint8Array): Uint8Array | null {
    const unit = readAnnexB(data);
    if (unit.nals.length === 0) throw new BitstreamError('a picture has neither start codes nor a configuration that says otherwise');
    const changed = unit.key && unit.sets !== null ? buildAvcC(unit.sets) : null;
    if (this.#avc === null && changed === null) return null;
    if (this.#avc === null && changed !== null) this.#configure(parseAvcC(changed));
    const picture = toLengthPrefixed(unit, this.#avc);
    // What has just been sent within the picture is known from now on.
    if (changed !== null) this.#avc = parseAvcC(changed);
    return picture;
  }

  #configure(avc: AvcConfiguration): void {
    this.#avc = avc;
    this.#order = new PictureOrder(avc.reorder);
    this.#sink.configured(avc.avcC);
  }
}

/** Whether an avcC leaves the parameter sets to the pictures. Only lengths of four bytes are then read. */
function lacksSets(avcC: Uint8Array): boolean {
  if (((avcC[5] ?? 0) & 31) !== 0) return false;
  if (((avcC[4] ?? 0) & 3) + 1 !== LENGTH_SIZE)
    throw new BitstreamError('an avcC without parameter sets has lengths of other than four bytes');
  return true;
}
