/**
 * The contract between the Phoenix wire (`socket/`) and the topic families (`channels/`). The wire owns references, ordering,
 * replies and crash isolation; a family owns what its events mean.
 */
import type { ErrorResponse } from '../../../src/protocol/index.ts';
import type { Principal } from '../auth/principal.ts';

export type Body = Record<string, unknown> | Uint8Array;

export type Reply =
  | {
      readonly status: 'ok';
      readonly response: Body;
      /** The channel ends with `phx_close` once this has been sent: behind that, nobody reads a reply. */
      readonly ends?: true;
    }
  | { readonly status: 'error'; readonly response: ErrorResponse };

/** How a joined channel ended: the client left or joined anew, its socket is gone, the server closed it, or its handler threw. */
export type LeaveReason = 'left' | 'rejoined' | 'dropped' | 'closed' | 'crashed';

/** What one joined channel can do to its client. Calls after the channel has ended do nothing. */
export interface ChannelPort {
  readonly topic: string;
  /** The part of the topic behind the first `:`; empty for `lobby`. */
  readonly name: string;
  /** Reflects the newest token of the live socket. */
  readonly principal: Principal;
  /** Aborted when the channel ends, whatever the reason. */
  readonly signal: AbortSignal;
  /** False over long polls, which carry text alone. */
  readonly carriesBinary: boolean;
  /** Bytes waiting in this client's socket: what back-pressure looks at. */
  readonly bufferedAmount: number;
  /** The name by which the client reached this server, without a port. */
  readonly hostname: string;
  /** The client's IP address; behind a proxy that is believed, as the proxy tells it. */
  readonly address: string;
  /** `[join_ref, null, topic, event, payload]`, or a binary push. */
  push(event: string, payload: Body): void;
  /** Sends a frame encoded once for many (a broadcast). */
  send(frame: string | Uint8Array): void;
  /** Ends the channel with `phx_close`; the client does not come back by itself. */
  close(): void;
}

/** One joined channel. A method that throws or rejects crashes this channel alone: the client gets `phx_error`. */
export interface Channel {
  /**
   * Messages are handled as they come, also while earlier ones have no answer yet; answers may overtake each other. How many are open at once is for
   * the channel to bound. Where left out, one is handled after the other.
   */
  readonly overlapping?: true;
  /** Called once the join reply has been sent: the place to push state and to announce. */
  joined?(): void;
  /** Undefined means no reply is sent. */
  handle(event: string, payload: Body): Reply | undefined | Promise<Reply | undefined>;
  /** Called when a `token` push renewed the grant, after `port.principal` has changed. */
  renewed?(): void;
  left(reason: LeaveReason): void;
}

export type JoinOutcome =
  | { readonly ok: true; readonly response: Record<string, unknown>; readonly channel: Channel }
  | { readonly ok: false; readonly response: ErrorResponse };

export interface ChannelFamily {
  /** `lobby`, or the part before the colon: `room`, `stream`, `live`. */
  readonly family: string;
  /** Limits of a text frame on this family's topics, in bytes. */
  readonly maxTextBytes: number;
  join(params: Record<string, unknown>, port: ChannelPort): JoinOutcome | Promise<JoinOutcome>;
}

export const ok = (response: Body = {}): Reply => ({ status: 'ok', response });
export const refuse = (reason: ErrorResponse['reason'], more: Record<string, unknown> = {}): Reply => ({
  status: 'error',
  response: { reason, ...more },
});
