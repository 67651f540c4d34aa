import type { GlasscastError } from '../protocol/errors.ts';
import type { Timers } from '../workers/worker-timers.ts';
import type { DeviceList } from './device-choice.ts';
import type { DeviceMemory } from './device-memory.ts';
import type { Slot, SlotTracks } from './slots.ts';

/** What is captured from a device of the user's, as opposed to the screen. */
export type CaptureKind = 'audio' | 'video';

/** The constraints for each, without a device. */
export type CaptureConstraints = Readonly<Record<CaptureKind, MediaTrackConstraints>>;

/** What of a document tells whether it can be seen. */
export interface VisiblePage extends Pick<EventTarget, 'addEventListener'> {
  readonly visibilityState: DocumentVisibilityState;
}

export interface LocalMediaOptions {
  /** Undefined where the browser has none for this page, which is reported when something is asked for. */
  readonly devices: () => MediaDevices | undefined;
  readonly constraints: () => CaptureConstraints;
  /** Where chosen devices are remembered; it may throw. Default: `localStorage`. */
  readonly storage?: () => Pick<Storage, 'getItem' | 'setItem'>;
  /** Default: the document. */
  readonly page?: VisiblePage;
  /** Whether a page may choose where sound comes out. Default: whether media elements have `setSinkId`. */
  readonly hasOutputs?: boolean;
  /** Default: the realm's own. */
  readonly timers?: Timers;
}

/** Local media, as seen by those of its parts that are loaded when they are first needed. */
export interface MediaHost {
  readonly options: LocalMediaOptions;
  readonly memory: DeviceMemory;
  /** Ends with the local media. */
  readonly signal: AbortSignal;
  tracks(): SlotTracks;
  /** Whether the user has it turned on, be there a device or not. */
  wanted(kind: CaptureKind): boolean;
  /** Puts a track into its slot, muted as the user left it, or stops it where it is wanted no longer. What it replaces is stopped. */
  put(slot: Slot, track: MediaStreamTrack | null): void;
  /** Runs `work` when nothing else is under way for these kinds. */
  queue(kinds: readonly CaptureKind[], work: () => Promise<void>): Promise<void>;
  /** Asks for what the user has turned on and is not there. */
  open(kinds: readonly CaptureKind[]): Promise<void>;
  listed(devices: DeviceList): void;
  failed(error: GlasscastError): void;
  /** What the user has turned on could not be had, or is gone. */
  refused(error: GlasscastError, kinds: readonly CaptureKind[]): void;
}
