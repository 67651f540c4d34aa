/** Renditions that nobody sends: what is made here of a broadcaster's tracks, and is fixed for the session as theirs are. */
import type { SourceTrack } from './epoch.ts';
import type { EpochTrack, RenditionInfo } from './media.ts';

export interface Derivation {
  /** What is to be made beside these tracks; each names, in `from`, the rendition that it is made of. */
  renditions(tracks: readonly SourceTrack[]): readonly RenditionInfo[];
  /**
   * How one of them is configured in an epoch: `source` where the source's own frames serve as they are, null where only whoever makes it
   * finds out, and says so by `Session.configure`.
   */
  track(rendition: RenditionInfo, source: EpochTrack): EpochTrack | 'source' | null;
}

export const NO_DERIVATION: Derivation = { renditions: () => [], track: () => null };
