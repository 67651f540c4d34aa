/** What reads bytes from outside, each with real bytes to begin with. A target throws what it must not, and swallows what it may. */
import { readFileSync } from 'node:fs';
import { parseAudioSpecificConfig } from '../../server-reference/src/ingest/aac.ts';
import { readAnnexB, toLengthPrefixed } from '../../server-reference/src/ingest/annex-b.ts';
import { ContainerIngest } from '../../server-reference/src/ingest/container-ingest.ts';
import type { ContainerEvent } from '../../server-reference/src/ingest/container-reader.ts';
import { Fmp4Reader } from '../../server-reference/src/ingest/fmp4-reader.ts';
import { FramesIngest } from '../../server-reference/src/ingest/frames-ingest.ts';
import { BitstreamError, buildAvcC, parseAvcC, parseSps, readAccessUnit } from '../../server-reference/src/ingest/h264.ts';
import { type MatroskaBlock, MatroskaReader } from '../../server-reference/src/ingest/matroska-reader.ts';
import { opusPacketLength, parseOpusHead } from '../../server-reference/src/ingest/opus.ts';
import { splitOpusPacket } from '../../server-reference/src/ingest/opus-split.ts';
import { sourceTracks } from '../../server-reference/src/ingest/source-tracks.ts';
import { reload } from '../../server-reference/src/origin/blocking-reload.ts';
import { LiveOrigin } from '../../server-reference/src/origin/live-origin.ts';
import { ChunkError, decodeChunk, encodeChunk } from '../../src/protocol/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  AVCC_360P,
  AVCC_720P,
  audioTrack,
  opusPacket,
  SimulatedBroadcast,
  testHub,
  videoFrame,
  videoTrack,
} from '../support/simulated-broadcast.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly originals: readonly Uint8Array[];
  /** Inputs that it gets, beside the shares of the others: what is read fastest gets most. */
  readonly share: number;
  run(bytes: Uint8Array, random: SeededRandom): void | Promise<void>;
}

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
const base64 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'base64'));

const MATROSKA = fixture('chromium-avc1-opus.mkv');
const WEBM = fixture('chromium-vp8-opus.webm');
const MP4 = fixture('ffmpeg-avc1-opus.mp4');
/** Its boxes `ftyp` and `moov`, and the first fragment. */
const MP4_HEADER = MP4.slice(0, 1224);
const MP4_START = MP4.slice(0, 9000);

/** Headers, where most of what can go wrong is, and a few frames. */
const starts = [MATROSKA.slice(0, 900), MATROSKA.slice(0, 6000), WEBM.slice(0, 900), WEBM.slice(0, 8000)];
const blocks = new MatroskaReader().push(MATROSKA).filter((event): event is MatroskaBlock => event.type === 'block');
const pictures = blocks.filter(({ track }) => track === 2).map(({ data }) => data);
const packets = blocks.filter(({ track }) => track === 1).map(({ data }) => data);
const sets = readAnnexB(pictures[0] ?? new Uint8Array()).sets;

function refusals(...steps: readonly (() => unknown)[]): void {
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      if (!(error instanceof BitstreamError || error instanceof ChunkError)) throw error;
    }
  }
}

function inPieces(bytes: Uint8Array, random: SeededRandom, take: (piece: Uint8Array) => void): void {
  const longest = random.pick([7, 300, 10_000]);
  for (let offset = 0; offset < bytes.byteLength; ) {
    const end = offset + 1 + random.below(longest);
    take(bytes.subarray(offset, end));
    offset = end;
  }
}

/** More turns of the event loop than any movie header takes. */
const MOST_TURNS = 1000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function readMovie(bytes: Uint8Array, random: SeededRandom): Promise<void> {
  let failure: unknown = null;
  const guarded = (step: () => readonly ContainerEvent[]): void => {
    try {
      if (failure === null) step();
    } catch (error) {
      failure = error;
    }
  };
  const reader = new Fmp4Reader(guarded);
  inPieces(bytes, random, (piece) => guarded(() => reader.push(piece)));
  for (let turns = 0; reader.opening && failure === null; turns++) {
    if (turns > MOST_TURNS) throw new Error('a movie header is never read to its end');
    await turn();
  }
  if (failure !== null && !(failure instanceof BitstreamError)) throw failure;
}

/** The whole way from bytes to a session, under a clock that moves a little with each input. */
class Ingests {
  readonly #clock = new FakeClock();
  readonly #hub = testHub(this.#clock);
  readonly #origin = new LiveOrigin(this.#hub);

  async take(container: 'frames' | 'matroska' | 'fmp4', bytes: Uint8Array, random: SeededRandom): Promise<void> {
    const tracks = sourceTracks([videoTrack(), audioTrack()]);
    if (!tracks.ok) throw new Error(tracks.details);
    const outcome = this.#hub.publish('fuzz', {
      tracks: container === 'frames' ? tracks.tracks : [],
      sharedTimeline: container !== 'frames',
      bursty: container === 'fmp4',
      publishKey: null,
      subject: 'fuzz',
      title: null,
      description: null,
      broadcaster: { keyframe() {}, bitrate() {}, stopped() {}, recording() {} },
    });
    if (!outcome.ok) throw new Error(outcome.reason);
    const { publication } = outcome;
    const options = { maxBitrate: 20_000_000, now: () => this.#clock.now() };
    const ingest =
      container === 'frames'
        ? new FramesIngest(publication, tracks.tracks, options)
        : new ContainerIngest(publication, { ...options, container, transcode: () => null });
    inPieces(bytes, random, (piece) => ingest.chunk(piece));
    // A movie header is read in passing; whether it is done by then is not what counts here.
    if (container === 'fmp4') for (let turns = 0; turns < 5; turns++) await turn();
    this.#clock.advance(random.below(2000));
    ingest.close();
    if (random.below(3) === 0) publication.end();
    else publication.drop();
  }

  get heldBytes(): number {
    return this.#origin.heldBytes;
  }
}

function playlistTarget(): FuzzTarget {
  const clock = new FakeClock();
  const hub = testHub(clock);
  const origin = new LiveOrigin(hub);
  const broadcast = new SimulatedBroadcast(hub, clock);
  broadcast.run(20);
  const packager = origin.current('demo')?.packager;
  const rendition = packager?.rendition('v0');
  const timing = packager?.timing ?? null;
  if (rendition === undefined || timing === null) throw new Error('nothing has been packaged');
  return {
    name: 'playlist query',
    share: 4,
    originals: [
      text('_HLS_msn=3&_HLS_part=2'),
      text('_HLS_msn=999999999999999&_HLS_part=0'),
      text('_HLS_part=1&_HLS_skip=YES'),
      text('_HLS_msn='),
    ],
    run(bytes) {
      const query = new URLSearchParams(Buffer.from(bytes).toString('latin1'));
      const answer = reload(rendition, timing, Object.fromEntries(query));
      if (answer.kind === 'wait' && !(Number.isSafeInteger(answer.msn) && Number.isSafeInteger(answer.part)))
        throw new Error(`waits for part ${answer.part} of segment ${answer.msn}`);
    },
  };
}

export function fuzzTargets(): FuzzTarget[] {
  const ingests = new Ingests();
  const record = (track: number, dts: number, data: Uint8Array) => ({ track, key: true, duration: 0, dts, cts: 0, data });
  const chunk = new Uint8Array(
    encodeChunk([record(0, 0, videoFrame(true, 60)), record(1, 0, opusPacket(40)), record(0, 33_333, videoFrame(false, 50))]),
  );
  return [
    {
      name: 'matroska',
      share: 6,
      originals: starts,
      run: (bytes, random) => {
        const reader = new MatroskaReader();
        refusals(() => inPieces(bytes, random, (piece) => reader.push(piece)));
      },
    },
    { name: 'fmp4', share: 1, originals: [MP4_HEADER, MP4_START, MP4_START], run: readMovie },
    { name: 'fmp4 to session', share: 1, originals: [MP4_START, MP4_START], run: (bytes, random) => ingests.take('fmp4', bytes, random) },
    { name: 'matroska to session', share: 1, originals: starts, run: (bytes, random) => ingests.take('matroska', bytes, random) },
    { name: 'frames to session', share: 1, originals: [chunk], run: (bytes, random) => ingests.take('frames', bytes, random) },
    { name: 'frame records', share: 6, originals: [chunk], run: (bytes) => refusals(() => decodeChunk(bytes)) },
    {
      name: 'H.264',
      share: 6,
      originals: [
        ...pictures.slice(0, 4).map((picture) => picture.slice(0, 2000)),
        base64(AVCC_360P),
        base64(AVCC_720P),
        ...(sets?.sps ?? []),
      ],
      run: (bytes) => {
        const unit = readAnnexB(bytes);
        refusals(
          () => parseSps(bytes),
          () => parseAvcC(bytes),
          () => readAccessUnit(bytes, 4),
          () => unit.sets !== null && parseAvcC(buildAvcC(unit.sets)),
          () => toLengthPrefixed(unit, null),
        );
      },
    },
    {
      name: 'Opus and AAC',
      share: 4,
      originals: [
        ...packets.slice(0, 4),
        text('OpusHead\u0001\u0002\u0038\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000'),
        Uint8Array.of(0x11, 0x90),
      ],
      run: (bytes) =>
        refusals(
          () => splitOpusPacket(bytes),
          () => opusPacketLength(bytes),
          () => parseOpusHead(bytes),
          () => parseAudioSpecificConfig(bytes),
        ),
    },
    playlistTarget(),
  ];
}
