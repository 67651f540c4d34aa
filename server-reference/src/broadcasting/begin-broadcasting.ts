/** What whoever wants to broadcast asks for: whether it can be had, and the beginning. */
import * as v from 'valibot';
import {
  describeIssues,
  type ErrorResponse,
  isName,
  type Milliseconds,
  type StreamJoin,
  StreamJoinSchema,
  type StreamReply,
} from '../../../src/protocol/index.ts';
import { may } from '../auth/principal.ts';
import type { SourceTrack } from '../hub/epoch.ts';
import type { Hub } from '../hub/hub.ts';
import type { PackagingTerms } from '../hub/media.ts';
import { playbackOf } from '../hub/playback.ts';
import { ContainerIngest } from '../ingest/container-ingest.ts';
import { FramesIngest } from '../ingest/frames-ingest.ts';
import { sourceTracks } from '../ingest/source-tracks.ts';
import type { Transcoders } from '../transcode/transcoders.ts';
import type { LiveOverlays } from '../vision/live/live-overlays.ts';
import type { OverlayNotice, OverlayStage } from '../vision/live/overlay-stage.ts';
import { type BroadcasterPort, Broadcasting } from './broadcasting.ts';

export interface BroadcastingOptions {
  readonly hub: Hub;
  readonly transcoders: Transcoders;
  readonly overlays: LiveOverlays;
  /** Of one broadcast, however often it is resumed; null for no limit. */
  readonly maxDuration: Milliseconds | null;
  /** Where the outside reaches this server; null where addresses relative to it will do. */
  readonly publicUrl: URL | null;
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
  // How much memory a stream may take is for whoever runs the server to say.
  if (kept > hub.options.window)
    return `A window of ${seconds(kept)} is longer than the ${seconds(hub.options.window)} that this server keeps.`;
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
  const { hub, transcoders, overlays, publicUrl } = options;
  const parsed = v.safeParse(StreamJoinSchema, params);
  if (!isName(port.name)) return refused('invalid', 'A stream is called by 1 to 63 of a-z, 0-9 and -, not starting with -.');
  if (!parsed.success) return refused('invalid', describeIssues(parsed.issues));
  if (!may(port.principal, 'publish', { stream: port.name })) return refused('unauthorized', 'This needs a token that can "publish".');
  const declaration = readDeclaration(parsed.output, transcoders);
  if (!declaration.ok) return declaration.refusal;
  const { tracks } = declaration;
  const packaging = packagingTerms(parsed.output, hub);
  if (typeof packaging === 'string') return refused('invalid', packaging);
  const { container, publish_key, take_over, title, description, record, overlay } = parsed.output;
  const broadcasting = new Broadcasting(hub, port);
  let stage: OverlayStage | null = null;
  let drawn: OverlayNotice | null = null;
  let answered = false;
  const tellOverlay = (notice: OverlayNotice): void => {
    // The answer to the join says the first of it.
    if (answered) broadcasting.overlay(notice);
    else drawn = notice;
  };
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
    stage:
      overlay === undefined
        ? undefined
        : (host) => {
            stage = overlays.open(port.name, host, tellOverlay);
            return stage;
          },
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
      : new ContainerIngest(publication, {
          ...limits,
          container,
          transcode: (track, sink) => stage?.path(track, sink) ?? transcoders.start(track, sink),
        });
  broadcasting.begin(publication, ingest);
  if (options.maxDuration !== null) {
    const { state, startedAt } = hub.status(port.name);
    const began = state === 'live' || state === 'away' ? (startedAt ?? hub.clock.now()) : hub.clock.now();
    broadcasting.limitDuration(began + options.maxDuration);
  }
  answered = true;
  const response = {
    session: publication.sessionId,
    epoch: publication.epochNumber,
    credit: ingest.credit,
    publish_key: publication.publishKey,
    playback: playbackOf(port.name, publicUrl),
    ...overlayReply(drawn),
  };
  return { ok: true, response, broadcasting };
}

function overlayReply(notice: OverlayNotice | null): Pick<StreamReply, 'overlay' | 'overlay_details'> {
  if (notice === null) return {};
  const { overlay, details } = notice;
  return { overlay, ...(details === undefined ? {} : { overlay_details: details }) };
}
