/** Which renditions this server adds to a broadcast: rungs of the ladder, and AAC beside Opus. */
import type { Derivation } from '../hub/derivation.ts';
import type { SourceTrack } from '../hub/epoch.ts';
import type { AacConfig, EpochTrack, RenditionInfo, VideoConfig } from '../hub/media.ts';
import { AAC_FRAME_LENGTH, buildAudioSpecificConfig } from '../ingest/aac.ts';

export const AAC_RATE = 48_000;
/** A rung this close to a layer, or to the source, is not worth its encoding. */
const NEAR = 0.2;

export interface Derived {
  /** Shorter sides of the rungs in pixels; none without ffmpeg. */
  readonly ladder: readonly number[];
  /** Whether sound in Opus gets AAC beside it. */
  readonly aac: boolean;
}

export const shortSide = ({ width, height }: VideoConfig): number => Math.min(width, height);

export class DerivedRenditions implements Derivation {
  readonly #derived: Derived;

  constructor(derived: Derived) {
    this.#derived = derived;
  }

  renditions(tracks: readonly SourceTrack[]): readonly RenditionInfo[] {
    return [...this.#rungs(tracks), ...(this.#derived.aac ? sounds(tracks) : [])];
  }

  track({ lines }: RenditionInfo, { config }: EpochTrack): EpochTrack | 'source' | null {
    if (config.family === 'opus') return aacTrack(config.channels);
    // The set of renditions outlasts the size of the pictures: what has become smaller than its rung needs no copy.
    return config.kind === 'video' && lines !== undefined && shortSide(config) <= lines ? 'source' : null;
  }

  #rungs(tracks: readonly SourceTrack[]): RenditionInfo[] {
    const layers = tracks.flatMap(({ rendition, config }) => (config.kind === 'video' ? [{ id: rendition, config }] : []));
    const best = layers.toSorted((a, b) => shortSide(b.config) - shortSide(a.config))[0];
    if (best === undefined) return [];
    const isFree = (lines: number): boolean =>
      lines < shortSide(best.config) && layers.every(({ config }) => Math.abs(shortSide(config) / lines - 1) > NEAR);
    const ids = freeIds('v', layers);
    const { timescale } = best.config;
    return this.#derived.ladder
      .filter(isFree)
      .slice(0, ids.length)
      .map((lines, index) => ({ id: ids[index] ?? '', kind: 'video', family: 'avc', timescale, from: best.id, lines }));
  }
}

function sounds(tracks: readonly SourceTrack[]): RenditionInfo[] {
  const opus = tracks.find(({ config }) => config.family === 'opus');
  if (opus === undefined) return [];
  const id = freeIds('a', [{ id: opus.rendition }])[0] ?? '';
  return [{ id, kind: 'audio', family: 'aac', timescale: AAC_RATE, from: opus.rendition, onDemand: true }];
}

/** Ids are a letter and a digit. */
function freeIds(letter: 'v' | 'a', taken: readonly { readonly id: string }[]): string[] {
  const used = new Set(taken.map(({ id }) => id));
  return Array.from({ length: 10 }, (_, index) => `${letter}${index}`).filter((id) => !used.has(id));
}

function aacTrack(channels: number): EpochTrack {
  const asc = buildAudioSpecificConfig(AAC_RATE, channels);
  const config: AacConfig = { kind: 'audio', family: 'aac', codec: 'mp4a.40.2', timescale: AAC_RATE, channels, asc };
  return { config, frameDuration: AAC_FRAME_LENGTH };
}
