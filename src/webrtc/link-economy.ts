import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import { type CameraEncoding, type CameraPicture, EncodingLadder } from './encoding-ladder.ts';
import type { LinkReading } from './link-quality.ts';
import { LinkRate, LOWEST_RATE } from './link-rate.ts';
import { ProcessorRelief } from './processor-relief.ts';

/** A link, by what is used of it. */
export interface EncodedLink {
  setEncoding(slot: 'video', encoding: LinkEncoding): void;
}

export interface LinkEncoding extends CameraEncoding {
  /** Undefined: as the browser sees fit. */
  readonly degradationPreference: RTCDegradationPreference | undefined;
}

/** More than this no picture of a call needs. */
const HIGHEST_SHARE: BitsPerSecond = 1_700_000;
/** A change of bit rate by less than this is not worth the work. */
const NOTICEABLE = 0.1;
/**
 * A browser that knows nothing of a path yet begins with a small picture, and takes half a minute to the whole one though the path is
 * free. So it may drop frames at first, but not lines: for this many readings, some four seconds.
 */
const SHARP_READINGS = 2;

interface Entry {
  readonly link: EncodedLink;
  readonly rate: LinkRate;
  readonly ladder: EncodingLadder;
  applied: LinkEncoding | undefined;
  readings: number;
  busy: boolean;
  /** The browser says what limits the encoding: it fits the picture to the bandwidth by itself. */
  adapts: boolean;
}

/**
 * Divides what the camera may send over the links, and keeps each link's encoding to what its path holds and this device can encode.
 * Sound is not touched: it takes little, and is what a call is for.
 */
export class LinkEconomy {
  readonly #budget: BitsPerSecond;
  readonly #relief = new ProcessorRelief();
  readonly #entries = new Map<string, Entry>();
  /** What the camera gives; null while it is off or does not say. */
  readonly #picture: () => CameraPicture | null;

  /** @param budget for the camera, over all links */
  constructor(budget: BitsPerSecond, picture: () => CameraPicture | null) {
    this.#budget = budget;
    this.#picture = picture;
  }

  /** True while this device is spared because it could not keep up. */
  get sparesProcessor(): boolean {
    return this.#relief.isNeeded;
  }

  /** True when the path holds far less than the link's share. */
  isConstrained(id: string): boolean {
    return this.#entries.get(id)?.rate.isConstrained ?? false;
  }

  /** Shares anew when somebody came or left, or a link was built anew. */
  setLinks(links: ReadonlyMap<string, EncodedLink>): void {
    const share = Math.min(HIGHEST_SHARE, Math.max(LOWEST_RATE, this.#budget / Math.max(1, links.size)));
    for (const id of this.#entries.keys()) if (!links.has(id)) this.#entries.delete(id);
    for (const [id, link] of links) {
      const before = this.#entries.get(id);
      if (before?.link === link) before.rate.setShare(share);
      else
        this.#entries.set(id, {
          link,
          rate: new LinkRate(share),
          ladder: new EncodingLadder(),
          applied: undefined,
          readings: 0,
          busy: false,
          adapts: false,
        });
    }
    this.#apply();
  }

  /** Takes in what a link carried. */
  update(id: string, reading: LinkReading, now: Milliseconds): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.rate.update(reading, now);
    entry.readings += 1;
    entry.adapts ||= reading.limitation !== null;
    entry.busy = reading.limitation === 'cpu';
    this.#relief.update(
      [...this.#entries.values()].some(({ busy }) => busy),
      now,
    );
    this.#apply();
  }

  #apply(): void {
    const picture = this.#picture() ?? { lines: 0, frameRate: 0 };
    for (const entry of this.#entries.values()) {
      const { rate, share } = entry.rate;
      // Two that both make the picture smaller for the same reason make it far too small.
      const encoding: LinkEncoding = {
        ...entry.ladder.fit(entry.adapts ? share : rate, picture, this.#relief.steps, rate),
        degradationPreference: entry.readings < SHARP_READINGS ? 'maintain-resolution' : undefined,
      };
      if (entry.applied !== undefined && !isNoticeable(entry.applied, encoding, entry.rate.isWhole)) continue;
      entry.applied = encoding;
      entry.link.setEncoding('video', encoding);
    }
  }
}

function isNoticeable(applied: LinkEncoding, next: LinkEncoding, whole: boolean): boolean {
  const change = Math.abs(next.maxBitrate - applied.maxBitrate);
  return (
    next.scaleResolutionDownBy !== applied.scaleResolutionDownBy ||
    next.maxFramerate !== applied.maxFramerate ||
    next.degradationPreference !== applied.degradationPreference ||
    change > applied.maxBitrate * NOTICEABLE ||
    // The last step up to the whole share may be a small one.
    (whole && change > 0)
  );
}
