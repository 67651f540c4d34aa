/** One broadcaster on `stream:<name>`, whichever way its messages come: what its events do. */
import * as v from 'valibot';
import {
  type Bytes,
  ChunkJsonSchema,
  ClockSchema,
  describeIssues,
  type Milliseconds,
  StreamInfoSchema,
  TracksPushSchema,
} from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import type { CancelTimer } from '../clock.ts';
import type { Hub } from '../hub/hub.ts';
import type { Broadcaster, Publication, RecordingNotice, StopReason } from '../hub/publication.ts';
import type { Ingest } from '../ingest/credit-meter.ts';
import { FramesIngest } from '../ingest/frames-ingest.ts';
import { sourceTracks } from '../ingest/source-tracks.ts';
import { type Body, ok, type Reply, refuse } from '../socket/channel.ts';
import type { OverlayNotice } from '../vision/live/overlay-stage.ts';

/** How the server reaches the broadcaster; a joined channel is one. */
export interface BroadcasterPort {
  /** Of the stream. */
  readonly name: string;
  /** By the newest token. */
  readonly principal: Principal;
  /** Whether seconds of media come at once. */
  readonly bursty?: boolean;
  push(event: string, payload: Record<string, unknown>): void;
  /** Ends the connection; the client does not come back by itself. */
  close(): void;
}

export class Broadcasting implements Broadcaster {
  readonly #hub: Hub;
  readonly #port: BroadcasterPort;
  #publication: Publication | null = null;
  #ingest: Ingest | null = null;
  #stopped: StopReason | null = null;
  #cancelLimit: CancelTimer | null = null;

  constructor(hub: Hub, port: BroadcasterPort) {
    this.#hub = hub;
    this.#port = port;
  }

  begin(publication: Publication, ingest: Ingest): void {
    this.#publication = publication;
    this.#ingest = ingest;
  }

  /** Ends the broadcast at this time. */
  limitDuration(until: Milliseconds): void {
    this.#cancelLimit = this.#hub.clock.after(until - this.#hub.clock.now(), () => {
      const publication = this.#publication;
      if (publication === null || !publication.active) return;
      this.stopped('limit');
      publication.end();
    });
  }

  /** Whether what it sends still goes to the stream. */
  get active(): boolean {
    return this.#publication?.active === true;
  }

  /** Why the server took the stream away; null where it did not. */
  get stopReason(): StopReason | null {
    return this.#stopped;
  }

  handle(event: string, payload: Body): Reply {
    const publication = this.#publication;
    const ingest = this.#ingest;
    if (this.#stopped === 'limit') return refuse('limit', { details: 'The broadcast has lasted as long as it may.' });
    if (publication === null || ingest === null || !publication.active) return refuse('stream-taken');
    switch (event) {
      case 'chunk':
        return chunk(publication, ingest, payload);
      case 'clock':
        return clock(publication, ingest, payload);
      case 'time':
        return ok({ server_ms: this.#hub.clock.now() });
      case 'tracks':
        return tracks(publication, ingest, payload);
      case 'info':
        return info(publication, payload);
      case 'end':
        publication.end();
        ingest.close();
        this.#cancelLimit?.();
        return ok();
      default:
        return refuse('invalid', { details: [{ path: 'event', message: 'a stream knows chunk, clock, time, tracks, info and end' }] });
    }
  }

  /** How long to wait before this much more is given to it, where the sender can wait. */
  patience(bytes: Bytes): Milliseconds {
    return this.active ? (this.#ingest?.patience(bytes) ?? 0) : 0;
  }

  /** The port's principal has changed. */
  renewed(): void {
    if (may(this.#port.principal, 'publish', { stream: this.#port.name })) return;
    this.stopped('unauthorized');
    this.#publication?.drop();
    this.#port.close();
  }

  /** The connection is gone. */
  dropped(): void {
    this.#cancelLimit?.();
    this.#publication?.drop();
    this.#ingest?.close();
  }

  /** Some of what it sent never came. */
  lost(): void {
    if (this.active) this.#publication?.lost();
  }

  keyframe(): void {
    this.#port.push('keyframe', {});
  }

  bitrate(track: number, bps: number): void {
    this.#port.push('bitrate', { track, bps });
  }

  recording(notice: RecordingNotice): void {
    this.#port.push('recording', { ...notice });
  }

  /** What becomes of the overlay that was asked for. */
  overlay(notice: OverlayNotice): void {
    this.#port.push('overlay', { ...notice });
  }

  stopped(reason: StopReason): void {
    this.#stopped = reason;
    this.#cancelLimit?.();
    this.#ingest?.close();
    this.#port.push('stopped', { reason });
    if (reason === 'taken-over') this.#port.close();
  }
}

const invalid = (issues: readonly v.BaseIssue<unknown>[]): Reply => refuse('invalid', { details: describeIssues(issues) });

function chunk(publication: Publication, ingest: Ingest, payload: Body): Reply {
  let bytes: Uint8Array;
  if (payload instanceof Uint8Array) bytes = payload;
  else {
    const parsed = v.safeParse(ChunkJsonSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    bytes = Buffer.from(parsed.output.data, 'base64');
  }
  const outcome = ingest.chunk(bytes);
  // Whoever sends frames opens epochs itself; a container does with each recording.
  const epoch = ingest instanceof FramesIngest ? {} : { epoch: publication.epochNumber };
  if (outcome.ok) return ok({ credit: outcome.credit, received: outcome.received, ...epoch });
  return refuse(outcome.reason, { details: outcome.details, credit: ingest.credit, received: ingest.received });
}

function clock(publication: Publication, ingest: Ingest, payload: Body): Reply {
  const parsed = v.safeParse(ClockSchema, payload);
  if (!parsed.success) return invalid(parsed.issues);
  const { track, dts, wall_ms, offset_ms } = parsed.output;
  ingest.clock(track, dts);
  return publication.clock(track, dts, wall_ms, offset_ms) ? ok() : refuse('invalid', { details: `track ${track} was not declared` });
}

function tracks(publication: Publication, ingest: Ingest, payload: Body): Reply {
  if (!(ingest instanceof FramesIngest))
    return refuse('invalid', { details: 'A container says itself what is in it: begin a new recording.' });
  const parsed = v.safeParse(TracksPushSchema, payload);
  if (!parsed.success) return invalid(parsed.issues);
  const sources = sourceTracks(parsed.output.tracks);
  if (!sources.ok) return refuse(sources.reason, { details: sources.details });
  const epoch = publication.tracks(sources.tracks);
  ingest.setTracks(sources.tracks);
  return ok({ epoch, session: publication.sessionId });
}

function info(publication: Publication, payload: Body): Reply {
  const parsed = v.safeParse(StreamInfoSchema, payload);
  if (!parsed.success) return invalid(parsed.issues);
  publication.describe(parsed.output);
  return ok();
}
