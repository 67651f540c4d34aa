/** The tracks of an epoch as viewers on a socket know them. */
import { encodeMediaInit, type MediaTrack, type MediaTracks, mediaTopic } from '../../../src/protocol/index.ts';
import type { EpochInfo, RenditionInfo, TrackConfig } from '../hub/media.ts';
import type { Session } from '../hub/session.ts';
import { initSection } from '../packaging/init-section.ts';
import { broadcastFrame } from '../pubsub/broadcast.ts';

/** One track in one epoch. */
export interface Lane {
  /** What `init` and `part` begin with; the same in all epochs of a session. */
  readonly track: number;
  readonly rendition: RenditionInfo;
  readonly config: TrackConfig;
  /** Of a picture. */
  readonly layer: number | null;
}

export function lanesOf(session: Session, { tracks }: EpochInfo): Lane[] {
  return session.renditions.flatMap(({ id }) => laneOf(session, id, tracks.get(id)?.config) ?? []);
}

/** Null for what is made on demand: sockets get sound as it was sent. */
export function laneOf({ renditions }: Session, id: string, config: TrackConfig | undefined): Lane | null {
  const track = renditions.findIndex((each) => each.id === id);
  const rendition = renditions[track];
  if (rendition === undefined || config === undefined || rendition.onDemand === true) return null;
  return { track, rendition, config, layer: rendition.kind === 'video' ? Number(id.slice(1)) : null };
}

/** The picture of this layer; the largest where there is none of it. */
export function pictureOf(lanes: readonly Lane[], layer: number | null): Lane | null {
  const pictures = lanes.filter(({ config }) => config.kind === 'video');
  const wanted = layer === null ? undefined : pictures.find((lane) => lane.layer === layer);
  return wanted ?? pictures.toSorted((a, b) => size(b) - size(a))[0] ?? null;
}

const size = ({ config }: Lane): number => (config.kind === 'video' ? config.width * config.height : 0);

export function soundOf(lanes: readonly Lane[]): Lane | null {
  return lanes.find(({ config }) => config.kind === 'audio') ?? null;
}

export function describeTracks(session: Session, { number }: EpochInfo, lanes: readonly Lane[]): MediaTracks {
  return { session: session.id, epoch: number, tracks: lanes.map(describeTrack) };
}

function describeTrack({ track: id, config, layer }: Lane): MediaTrack {
  const { kind, codec } = config;
  const picture = config.kind === 'video' ? { width: config.width, height: config.height } : {};
  return { id, kind, codec, mime: `${kind}/mp4; codecs="${codec}"`, ...(layer === null ? {} : { layer }), ...picture };
}

/** A Buffer, so that sockets write these very bytes and make no view of their own. */
export function mediaFrame(stream: string, event: 'init' | 'part', payload: Uint8Array): Buffer {
  const frame = broadcastFrame(mediaTopic(stream), event, payload);
  return typeof frame === 'string' ? Buffer.from(frame) : Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
}

export const epochByte = ({ number }: EpochInfo): number => number & 255;

export function initFrame(stream: string, epoch: EpochInfo, { track, config }: Lane): Buffer {
  return mediaFrame(stream, 'init', encodeMediaInit({ track, epoch: epochByte(epoch), section: initSection(config) }));
}
