import type { GlasscastError } from '../../protocol/errors.ts';
import type { TokenProvider } from '../../signaling/connection.ts';
import type { Timers } from '../../workers/worker-timers.ts';
import type { EncodedPicture } from './encode-picture.ts';
import type { FrameAnswer } from './frame-answer.ts';

export interface FrameSenderOptions {
  /** The server's origin. */
  readonly server: string;
  readonly socketPath: string;
  /** Names whoever sends: 1 to 63 of `a-z`, `0-9` and `-`. */
  readonly id: string;
  readonly token: string | undefined;
  readonly tokenProvider: TokenProvider | undefined;
  readonly timers: Timers;
  /** The server cannot be reached for now; it is tried again. */
  readonly trouble: (error: GlasscastError) => void;
}

/** The way to the server for pictures, and for answers back. */
export interface FrameSender {
  /**
   * Resolves once pictures can be sent: at once, or when the connection is there (again).
   * @throws GlasscastError where there will be none
   */
  ready(): Promise<void>;
  /** Never rejects. */
  send(picture: EncodedPicture): Promise<FrameAnswer>;
  setToken(token: string | undefined): void;
  /** Ends what is under way. */
  close(): void;
}
