/** What frames of a broadcaster may pass through on their way into the hub: all that comes out of the hub is then made of what it lets pass. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { SourceFrame, SourceTrack } from './epoch.ts';

export interface StageHost {
  readonly now: Milliseconds;
  /** How long nothing may come although all is well: so much comes at once then. */
  readonly burst: Milliseconds;
  pass(frame: SourceFrame): void;
  /** Pictures that were under way will not come; the next that comes is a key frame. */
  missing(): void;
  requestKeyframe(): void;
}

export interface FrameStage {
  /** Frames of these follow, and nothing of those before. Returns what it will make of them. */
  tracks(tracks: readonly SourceTrack[]): readonly SourceTrack[];
  frame(frame: SourceFrame): void;
  /** Frames were refused: pictures that depend on them are of no use until the next key frame. */
  lost(): void;
  /** Nothing follows, and nothing may come any more. */
  close(): void;
}

/** Null where frames pass as they are. */
export type OpenStage = (host: StageHost) => FrameStage | null;
