import { createContext } from '@lit/context';
import type { BroadcastState } from '../capture/broadcast-handler.ts';
import type { PublisherReport } from '../capture/publisher-options.ts';
import type { DeviceOption } from '../webrtc/device-choice.ts';

/** What is sent as the picture. */
export type StudioSource = 'camera' | 'screen' | 'element';

/** What may stand beside the preview of the default studio. */
export type StudioPanel = 'settings' | 'details' | 'chat' | 'stats';

/** What the user may set of picture and sound before a broadcast. */
export interface StudioSettings {
  /** Wanted size of the picture, in pixels. */
  readonly captureWidth: number;
  readonly captureHeight: number;
  /** Frames a second. */
  readonly frameRate: number;
  /** Of the best layer, in bits a second. */
  readonly bitrate: number;
  /** Sizes sent at once: 1 to 3. */
  readonly layers: number;
  readonly noAudio: boolean;
  readonly noEchoCancellation: boolean;
  readonly noNoiseSuppression: boolean;
  readonly noAutoGain: boolean;
  /** What is drawn on the picture: names separated by spaces. */
  readonly overlay: string;
}

/** A broadcaster as its parts see it. A new object for every change. */
export interface StudioView {
  readonly stream: string | null;
  readonly state: BroadcastState;
  /** A card is shown instead of the picture, and nothing is heard. */
  readonly paused: boolean;
  readonly source: StudioSource;
  /** The camera is shown in a corner of the screen or element. */
  readonly inset: boolean;
  readonly microphone: boolean;
  /** 0 to 4; 1 leaves the sound as it is. */
  readonly gain: number;
  /** Microphones that may be mixed in beside the first: all but that one. */
  readonly otherMicrophones: readonly DeviceOption[];
  /** Those that are, by `deviceId`. */
  readonly mixedMicrophones: readonly string[];
  /** What is sent: for the level. */
  readonly sound: MediaStreamTrack | null;
  readonly settings: StudioSettings;
  /** The page has a watermark to draw. */
  readonly offersWatermark: boolean;
  /** Sizes that can be sent: while on air as many as the broadcast began with. */
  readonly mostLayers: number;
  readonly title: string;
  readonly description: string;
  /** The server is asked to keep a recording. */
  readonly record: boolean;
  /** An element of the page can be sent: `for` names one. */
  readonly hasElement: boolean;
  /** Null until the server has told. */
  readonly viewers: number | null;
  readonly report: PublisherReport | null;
  /** What viewers open; null until there is one. */
  readonly shareLink: string | null;
  readonly panel: StudioPanel | null;
  /** Messages that came while the chat was not open. */
  readonly unread: number;
  /** Buttons and fields that the page leaves out. */
  readonly hidden: readonly string[];
}

export const studioContext = createContext<StudioView | undefined>(Symbol.for('glasscast.studio'));

/** On air or on the way there: what a broadcast begins with is settled. */
export const isSettled = ({ state }: Pick<StudioView, 'state'>): boolean =>
  state === 'connecting' || state === 'live' || state === 'reconnecting' || state === 'stopping';
