/** One broadcaster on `stream:<name>`, whichever way its messages come: what a join needs, and what the events do. */
import * as v from 'valibot';
import {
  ChunkJsonSchema,
  ClockSchema,
  type Container,
  describeIssues,
  type ErrorResponse,
  isName,
  StreamInfoSchema,
  StreamJoinSchema,
  type StreamReply,
  TracksPushSchema,
} from '../../../src/protocol/index.ts';
import { may, type Principal } from '../auth/principal.ts';
import type { Hub } from '../hub/hub.ts';
import { playbackOf } from '../hub/playback.ts';
import type { Broadcaster, Publication, StopReason } from '../hub/publication.ts';
import { FramesIngest } from '../ingest/frames-ingest.ts';
import { sourceTracks } from '../ingest/source-tracks.ts';
import { type Body, ok, type Reply, refuse } from '../socket/channel.ts';

export interface BroadcastingOptions {
  readonly hub: Hub;
  /** Where the outside reaches this server; null where addresses relative to it will do. */
  readonly publicUrl: URL | null;
}

/** How the server reaches the broadcaster; a joined channel is one. */
export interface BroadcasterPort {
  /** Of the stream. */
  readonly name: string;
  /** By the newest token. */
  readonly principal: Principal;
  push(event: string, payload: Record<string, unknown>): void;
  /** Ends the connection; the client does not come back by itself. */
  close(): void;
}

export type Beginning =
  | { readonly ok: true; readonly response: StreamReply; readonly broadcasting: Broadcasting }
  | { readonly ok: false; readonly response: ErrorResponse };

const CONTAINERS_TO_COME: Partial<Record<Container, string>> = {
  fmp4: 'Fragmented MP4 is not read yet',
  matroska: 'Matroska is not read yet',
  webm: 'WebM is not read yet',
};

const refused = (reason: ErrorResponse['reason'], details: unknown, more: Record<string, unknown> = {}): Beginning => ({
  ok: false,
  response: { reason, details, ...more },
});

/** Takes the stream for whoever is at the other end of `port`, or says why not. */
export function beginBroadcasting(params: unknown, port: BroadcasterPort, { hub, publicUrl }: BroadcastingOptions): Beginning {
  const parsed = v.safeParse(StreamJoinSchema, params);
  if (!isName(port.name)) return refused('invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
  if (!parsed.success) return refused('invalid', describeIssues(parsed.issues));
  if (!may(port.principal, 'publish', { stream: port.name })) return refused('unauthorized', 'This needs a token that can "publish".');
  const { container, tracks: descriptions, publish_key, take_over, title, description } = parsed.output;
  const missing = CONTAINERS_TO_COME[container];
  if (missing !== undefined) return refused('codec-unsupported', `${missing}; send the container "frames", as WebCodecs encodes them.`);
  if (descriptions === undefined) return refused('invalid', [{ path: 'tracks', message: 'are needed' }]);
  const tracks = sourceTracks(descriptions);
  if (!tracks.ok) return refused(tracks.reason, tracks.details);
  const broadcasting = new Broadcasting(hub, port);
  const outcome = hub.publish(port.name, {
    tracks: tracks.tracks,
    publishKey: publish_key ?? null,
    subject: port.principal.sub,
    takeOver: take_over ?? false,
    moderates: may(port.principal, 'moderate', { stream: port.name }),
    title: title ?? null,
    description: description ?? null,
    broadcaster: broadcasting,
  });
  if (!outcome.ok) {
    if (outcome.reason === 'limit') return refused('limit', 'This server carries no more streams at once.');
    return refused('stream-taken', 'Somebody else broadcasts under this name.', { may_take_over: outcome.mayTakeOver });
  }
  const { publication } = outcome;
  const ingest = new FramesIngest(publication, tracks.tracks, { maxBitrate: hub.options.maxBitrate, now: () => hub.clock.now() });
  broadcasting.begin(publication, ingest);
  const response = {
    session: publication.session.id,
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
  #ingest: FramesIngest | null = null;
  #stopped: StopReason | null = null;

  constructor(hub: Hub, port: BroadcasterPort) {
    this.#hub = hub;
    this.#port = port;
  }

  begin(publication: Publication, ingest: FramesIngest): void {
    this.#publication = publication;
    this.#ingest = ingest;
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
    if (publication === null || ingest === null || !publication.active) return refuse('stream-taken');
    switch (event) {
      case 'chunk':
        return chunk(ingest, payload);
      case 'clock':
        return clock(publication, payload);
      case 'time':
        return ok({ server_ms: this.#hub.clock.now() });
      case 'tracks':
        return tracks(publication, ingest, payload);
      case 'info':
        return info(publication, payload);
      case 'end':
        publication.end();
        return ok();
      default:
        return refuse('invalid', { details: [{ path: 'event', message: 'a stream knows chunk, clock, time, tracks, info and end' }] });
    }
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
    this.#publication?.drop();
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

  stopped(reason: StopReason): void {
    this.#stopped = reason;
    this.#port.push('stopped', { reason });
    if (reason === 'taken-over') this.#port.close();
  }
}

const invalid = (issues: readonly v.BaseIssue<unknown>[]): Reply => refuse('invalid', { details: describeIssues(issues) });

function chunk(ingest: FramesIngest, payload: Body): Reply {
  let bytes: Uint8Array;
  if (payload instanceof Uint8Array) bytes = payload;
  else {
    const parsed = v.safeParse(ChunkJsonSchema, payload);
    if (!parsed.success) return invalid(parsed.issues);
    bytes = Buffer.from(parsed.output.data, 'base64');
  }
  const outcome = ingest.chunk(bytes);
  if (outcome.ok) return ok({ credit: outcome.credit, received: outcome.received });
  return refuse(outcome.reason, { details: outcome.details, credit: ingest.credit, received: ingest.received });
}

function clock(publication: Publication, payload: Body): Reply {
  const parsed = v.safeParse(ClockSchema, payload);
  if (!parsed.success) return invalid(parsed.issues);
  const { track, dts, wall_ms, offset_ms } = parsed.output;
  return publication.clock(track, dts, wall_ms, offset_ms) ? ok() : refuse('invalid', { details: `track ${track} was not declared` });
}

function tracks(publication: Publication, ingest: FramesIngest, payload: Body): Reply {
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
