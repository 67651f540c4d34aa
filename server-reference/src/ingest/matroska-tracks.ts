/** The `Tracks` element of Matroska (RFC 9559 §5.1.4): what is in the blocks. */
import type { ContainerTrack } from './container-reader.ts';
import { childrenOf, readFloat, readText, readUnsigned } from './ebml.ts';
import { BitstreamError } from './h264.ts';

export type MatroskaTrack = ContainerTrack;

const ID = {
  trackEntry: 0xae,
  number: 0xd7,
  type: 0x83,
  codec: 0x86,
  codecPrivate: 0x63a2,
  contentEncodings: 0x6d80,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  audio: 0xe1,
  sampleRate: 0xb5,
  channels: 0x9f,
  defaultDuration: 0x23e383,
} as const;

const KINDS: Readonly<Record<number, MatroskaTrack['kind']>> = { 1: 'video', 2: 'audio' };

/** Pictures and sounds; subtitles and the like are left out. Throws {@link BitstreamError}. */
export function readTracks(data: Uint8Array): MatroskaTrack[] {
  const tracks: MatroskaTrack[] = [];
  for (const { id, data: entry } of childrenOf(data)) {
    const track = id === ID.trackEntry ? readTrack(entry) : null;
    if (track !== null) tracks.push(track);
  }
  return tracks;
}

function readTrack(entry: Uint8Array): MatroskaTrack | null {
  const found = new Map<number, Uint8Array>();
  for (const { id, data } of childrenOf(entry)) {
    if (id === ID.video || id === ID.audio) for (const child of childrenOf(data)) found.set(child.id, child.data);
    else found.set(id, data);
  }
  const number = (id: number, missing: number): number => {
    const data = found.get(id);
    return data === undefined ? missing : readUnsigned(data);
  };
  const kind = KINDS[number(ID.type, 0)];
  if (kind === undefined) return null;
  if (found.has(ID.contentEncodings)) throw new BitstreamError('a track of the container is compressed or encrypted once more');
  const codec = found.get(ID.codec);
  if (number(ID.number, 0) < 1 || codec === undefined) throw new BitstreamError('a track of the container has no number or no codec');
  const rate = found.get(ID.sampleRate);
  const frameDuration = number(ID.defaultDuration, 0);
  return {
    number: number(ID.number, 0),
    kind,
    codec: readText(codec),
    codecPrivate: found.get(ID.codecPrivate)?.slice() ?? null,
    width: number(ID.width, 0),
    height: number(ID.height, 0),
    sampleRate: rate === undefined ? 8000 : readFloat(rate),
    channels: number(ID.channels, 1),
    ...(frameDuration === 0 ? {} : { frameDuration }),
  };
}
