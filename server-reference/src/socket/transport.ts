/** What carries frames: a WebSocket, or a long-poll session. One transport belongs to one {@link PhoenixSocket}. */
export interface Transport {
  /** False where only text gets through; binary frames are then not sent. */
  readonly carriesBinary: boolean;
  /** Bytes accepted and not yet handed to the network. */
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array): void;
  /** Ends the connection with a WebSocket close code. */
  close(code: number, reason: string): void;
  /** Stops and starts reading from the client; a transport that cannot, ignores it. */
  pause(): void;
  resume(): void;
}

/** RFC 6455 §7.4.1 and the registry of close codes. */
export const CLOSE = {
  normal: 1000,
  /** The frame is not what the wire says. */
  invalidData: 1007,
  tooBig: 1009,
  restart: 1012,
} as const;

/** A client that lets more than this wait is cut off: it cannot keep up, and memory is shared. */
export const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
