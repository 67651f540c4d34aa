/** `stream:<name>` (docs/protocol.md): a broadcaster. Frames come in as `chunk`, the server asks for key frames and lower bit rates. */
import * as v from 'valibot';
import {
  ChunkJsonSchema,
  ClockSchema,
  type Container,
  describeIssues,
  isName,
  LIMITS,
  StreamJoinSchema,
  TracksPushSchema,
} from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import type { SourceTrack } from '../hub/epoch.ts';
import type { Hub } from '../hub/hub.ts';
import { playbackOf } from '../hub/playback.ts';
import type { Broadcaster, Publication } from '../hub/publication.ts';
import { FramesIngest } from '../ingest/frames-ingest.ts';
import { sourceTracks } from '../ingest/source-tracks.ts';
import {
  type Body,
  type Channel,
  type ChannelFamily,
  type ChannelPort,
  type JoinOutcome,
  type LeaveReason,
  ok,
  type Reply,
  refuse,
} from '../socket/channel.ts';

export interface StreamFamilyOptions {
  readonly hub: Hub;
  /** Where the outside reaches this server; null where addresses relative to it will do. */
  readonly publicUrl: URL | null;
}

const CONTAINERS_TO_COME: Partial<Record<Container, string>> = {
  fmp4: 'Fragmented MP4 is not read yet',
  matroska: 'Matroska is not read yet',
  webm: 'WebM is not read yet',
};

export function streamFamily({ hub, publicUrl }: StreamFamilyOptions): ChannelFamily {
  return {
    family: 'stream',
    maxTextBytes: LIMITS.signalingFrameBytes,
    join(params, port): JoinOutcome {
      const parsed = v.safeParse(StreamJoinSchema, params);
      if (!isName(port.name)) return refused('invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
      if (!parsed.success) return refused('invalid', describeIssues(parsed.issues));
      if (!may(port.principal, 'publish', { stream: port.name })) return refused('unauthorized', 'This needs a token that can "publish".');
      const { container, tracks: descriptions, publish_key, title, description } = parsed.output;
      const missing = CONTAINERS_TO_COME[container];
      if (missing !== undefined) return refused('codec-unsupported', `${missing}; send the container "frames", as WebCodecs encodes them.`);
      const tracks = sourceTracks(descriptions);
      if (!tracks.ok) return refused(tracks.reason, tracks.details);
      const channel = new StreamChannel(hub, port);
      const outcome = hub.publish(port.name, {
        tracks: tracks.tracks,
        publishKey: publish_key ?? null,
        subject: port.principal.sub,
        title: title ?? null,
        description: description ?? null,
        broadcaster: channel,
      });
      if (!outcome.ok) {
        const why =
          outcome.reason === 'limit' ? 'This server carries no more streams at once.' : 'Somebody else broadcasts under this name.';
        return refused(outcome.reason, why);
      }
      const { publication } = outcome;
      const ingest = channel.begin(publication, tracks.tracks);
      const response = {
        session: publication.session.id,
        epoch: publication.epochNumber,
        credit: ingest.credit,
        publish_key: publication.publishKey,
        playback: playbackOf(port.name, publicUrl),
      };
      return { ok: true, response, channel };
    },
  };
}

function refused(reason: 'invalid' | 'unauthorized' | 'codec-unsupported' | 'stream-taken' | 'limit', details: unknown): JoinOutcome {
  return { ok: false, response: { reason, details } };
}

class StreamChannel implements Channel, Broadcaster {
  readonly #hub: Hub;
  readonly #port: ChannelPort;
  #publication: Publication | null = null;
  #ingest: FramesIngest | null = null;

  constructor(hub: Hub, port: ChannelPort) {
    this.#hub = hub;
    this.#port = port;
  }

  begin(publication: Publication, tracks: readonly SourceTrack[]): FramesIngest {
    this.#publication = publication;
    const { maxBitrate } = this.#hub.options;
    this.#ingest = new FramesIngest(publication, tracks, { maxBitrate, now: () => this.#hub.clock.now() });
    return this.#ingest;
  }

  handle(event: string, payload: Body): Reply | undefined {
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
      case 'end':
        publication.end();
        return ok();
      default:
        return refuse('invalid', { details: [{ path: 'event', message: 'a stream knows chunk, clock, time, tracks and end' }] });
    }
  }

  renewed(): void {
    if (may(this.#port.principal, 'publish', { stream: this.#port.name })) return;
    this.stopped('unauthorized');
    this.#publication?.drop();
    this.#port.close();
  }

  left(_reason: LeaveReason): void {
    this.#publication?.drop();
  }

  keyframe(): void {
    this.#port.push('keyframe', {});
  }

  bitrate(track: number, bps: number): void {
    this.#port.push('bitrate', { track, bps });
  }

  stopped(reason: string): void {
    this.#port.push('stopped', { reason });
  }
}

function chunk(ingest: FramesIngest, payload: Body): Reply {
  let bytes: Uint8Array;
  if (payload instanceof Uint8Array) bytes = payload;
  else {
    const parsed = v.safeParse(ChunkJsonSchema, payload);
    if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
    bytes = Buffer.from(parsed.output.data, 'base64');
  }
  const outcome = ingest.chunk(bytes);
  if (outcome.ok) return ok({ credit: outcome.credit, received: outcome.received });
  return refuse(outcome.reason, { details: outcome.details, credit: ingest.credit, received: ingest.received });
}

function clock(publication: Publication, payload: Body): Reply {
  const parsed = v.safeParse(ClockSchema, payload);
  if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
  const { track, dts, wall_ms, offset_ms } = parsed.output;
  return publication.clock(track, dts, wall_ms, offset_ms) ? ok() : refuse('invalid', { details: `track ${track} was not declared` });
}

function tracks(publication: Publication, ingest: FramesIngest, payload: Body): Reply {
  const parsed = v.safeParse(TracksPushSchema, payload);
  if (!parsed.success) return refuse('invalid', { details: describeIssues(parsed.issues) });
  const sources = sourceTracks(parsed.output.tracks);
  if (!sources.ok) return refuse(sources.reason, { details: sources.details });
  const epoch = publication.tracks(sources.tracks);
  ingest.setTracks(sources.tracks);
  return ok({ epoch });
}
