/** One broadcaster on `stream:<name>`, whichever way its messages come: what a join needs, and what the events do. */
import * as v from 'valibot';
import {
  type Bytes,
  ChunkJsonSchema,
  ClockSchema,
  describeIssues,
  type ErrorResponse,
  isName,
  type Milliseconds,
  StreamInfoSchema,
  type StreamJoin,
  StreamJoinSchema,
  type StreamReply,
  TracksPushSchema,
} from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import type { CancelTimer } from '../clock.ts';
import type { SourceTrack } from '../hub/epoch.ts';
import type { Hub } from '../hub/hub.ts';
import type { PackagingTerms } from '../hub/media.ts';
import { playbackOf } from '../hub/playback.ts';
import type { Broadcaster, Publication, RecordingNotice, StopReason } from '../hub/publication.ts';
import { ContainerIngest } from '../ingest/container-ingest.ts';
import type { Ingest } from '../ingest/credit-meter.ts';
import { FramesIngest } from '../ingest/frames-ingest.ts';
import { sourceTracks } from '../ingest/source-tracks.ts';
import { type Body, ok, type Reply, refuse } from '../socket/channel.ts';
import type { Transcoders } from '../transcode/transcoders.ts';

export interface BroadcastingOptions {
  readonly hub: Hub;
  readonly transcoders: Transcoders;
  /** Of one broadcast, however often it is resumed; null for no limit. */
  readonly maxDuration: Milliseconds | null;
  /** Where the outside reaches this server; null where addresses relative to it will do. */
  readonly publicUrl: URL | null;
}

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

export type Beginning =
  | { readonly ok: true; readonly response: StreamReply; readonly broadcasting: Broadcasting }
  | { readonly ok: false; readonly response: ErrorResponse };

const refused = (reason: ErrorResponse['reason'], details: unknown, more: Record<string, unknown> = {}): Beginning => ({
  ok: false,
  response: { reason, details, ...more },
});

/** What a join asks for, as far as it can be had. */
type Declaration = { readonly ok: true; readonly tracks: readonly SourceTrack[] } | { readonly ok: false; readonly refusal: Beginning };

function readDeclaration({ container, tracks: declared }: StreamJoin, transcoders: Transcoders): Declaration {
  const no = (...why: Parameters<typeof refused>): Declaration => ({ ok: false, refusal: refused(...why) });
  if (container === 'frames') {
    if (declared === undefined) return no('invalid', [{ path: 'tracks', message: 'are needed' }]);
    const tracks = sourceTracks(declared);
    return tracks.ok ? tracks : no(tracks.reason, tracks.details);
  }
  // The truth about tracks is in the container; what is declared tells early what cannot be had.
  const needed = declared === undefined ? container === 'webm' : declared.some(({ codec }) => transcoders.isNeeded(codec));
  if (needed && transcoders.unavailable !== null) return no('codec-unsupported', transcoders.unavailable);
  return { ok: true, tracks: [] };
}

const seconds = (time: Milliseconds): string => `${time / 1000} s`;

/** What is asked of the packaging, or in words why it cannot be: alone or beside what the server does by itself. */
function packagingTerms({ part_duration, segment_duration, window }: StreamJoin, hub: Hub): PackagingTerms | string {
  const part = part_duration ?? hub.options.partDuration;
  const segment = segment_duration ?? hub.options.segmentDuration;
  const kept = window === undefined ? hub.options.window : window * 1000;
  if (part * 2 > segment) return `A segment of ${seconds(segment)} does not hold two parts of ${seconds(part)}.`;
  // RFC 8216bis §6.2.2: a live playlist never holds less than three times the target duration.
  if (kept < segment * 3) return `A window of ${seconds(kept)} does not hold three segments of ${seconds(segment)}.`;
  return {
    ...(part_duration === undefined ? {} : { partDuration: part }),
    ...(segment_duration === undefined ? {} : { segmentDuration: segment }),
    ...(window === undefined ? {} : { window: kept }),
  };
}

/** Takes the stream for whoever is at the other end of `port`, or says why not. */
export function beginBroadcasting(params: unknown, port: BroadcasterPort, options: BroadcastingOptions): Beginning {
  const { hub, transcoders, publicUrl } = options;
  const parsed = v.safeParse(StreamJoinSchema, params);
  if (!isName(port.name)) return refused('invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
  if (!parsed.success) return refused('invalid', describeIssues(parsed.issues));
  if (!may(port.principal, 'publish', { stream: port.name })) return refused('unauthorized', 'This needs a token that can "publish".');
  const declaration = readDeclaration(parsed.output, transcoders);
  if (!declaration.ok) return declaration.refusal;
  const { tracks } = declaration;
  const packaging = packagingTerms(parsed.output, hub);
  if (typeof packaging === 'string') return refused('invalid', packaging);
  const { container, publish_key, take_over, title, description, record } = parsed.output;
  const broadcasting = new Broadcasting(hub, port);
  const outcome = hub.publish(port.name, {
    tracks,
    sharedTimeline: container !== 'frames',
    bursty: container === 'fmp4' || port.bursty === true,
    publishKey: publish_key ?? null,
    subject: port.principal.sub,
    takeOver: take_over ?? false,
    moderates: may(port.principal, 'moderate', { stream: port.name }),
    title: title ?? null,
    description: description ?? null,
    record: record ?? false,
    packaging,
    broadcaster: broadcasting,
  });
  if (!outcome.ok) {
    if (outcome.reason === 'limit') return refused('limit', 'This server carries no more streams at once.');
    return refused('stream-taken', 'Somebody else broadcasts under this name.', { may_take_over: outcome.mayTakeOver });
  }
  const { publication } = outcome;
  const limits = { maxBitrate: hub.options.maxBitrate, now: () => hub.clock.now() };
  const ingest =
    container === 'frames'
      ? new FramesIngest(publication, tracks, limits)
      : new ContainerIngest(publication, { ...limits, container, transcode: (track, sink) => transcoders.start(track, sink) });
  broadcasting.begin(publication, ingest);
  if (options.maxDuration !== null) {
    const { state, startedAt } = hub.status(port.name);
    const began = state === 'live' || state === 'away' ? (startedAt ?? hub.clock.now()) : hub.clock.now();
    broadcasting.limitDuration(began + options.maxDuration);
  }
  const response = {
    session: publication.sessionId,
    epoch: publication.epochNumber,
    credit: ingest.credit,
    publish_key: publication.publishKey,
    playback: playbackOf(port.name, publicUrl),
  };
  return { ok: true, response, broadcasting };
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
  return ok({ epoch });
}

function info(publication: Publication, payload: Body): Reply {
  const parsed = v.safeParse(StreamInfoSchema, payload);
  if (!parsed.success) return invalid(parsed.issues);
  publication.describe(parsed.output);
  return ok();
}
