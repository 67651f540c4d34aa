import type { LinkReading, MediaFigures, PictureFigures } from './link-quality.ts';
import { entriesOf, type StatsEntry, type StatsReport, selectedPair } from './stats-report.ts';

/** Fewer packets than this say nothing about loss. */
const ENOUGH_PACKETS = 20;
/** Readings without news. */
const MAX_SILENT = 4;

/** What a receiver's report said last, and how many packets had been sent by then. */
interface Reception {
  readonly timestamp: number;
  readonly lost: number;
  readonly sent: number;
}

interface Loss {
  lost: number;
  expected: number;
}

/** Receivers report about sound every 5 s only: what was measured last holds until then, and no longer than a few readings. */
class Held {
  #value: number | null = null;
  #silent = 0;

  next(value: number | null): number | null {
    this.#silent = value === null ? this.#silent + 1 : 0;
    if (value !== null || this.#silent > MAX_SILENT) this.#value = value;
    return this.#value;
  }
}

/** Turns one report after the other of the same connection into what it carried between them. */
export class StatsReader {
  #previous: ReadonlyMap<string, StatsEntry> | undefined;
  readonly #receptions = new Map<string, Reception>();
  readonly #sentLoss = new Held();
  readonly #receivedLoss = new Held();
  readonly #roundTrip = new Held();

  read(report: StatsReport): LinkReading {
    const outbound = entriesOf(report, 'outbound-rtp');
    const inbound = entriesOf(report, 'inbound-rtp');
    const receptions = entriesOf(report, 'remote-inbound-rtp');
    const pair = selectedPair(report);
    const sentLoss = this.#sentLoss.next(lossOf(this.#lostByOthers(report, receptions)));
    const receivedLoss = this.#receivedLoss.next(lossOf(this.#lostHere(inbound)));
    const reading: LinkReading = {
      sent: this.#media(report, outbound, receptions, 'bytesSent', sentLoss),
      received: this.#media(report, inbound, inbound, 'bytesReceived', receivedLoss),
      roundTrip: this.#roundTrip.next(this.#measuredRoundTrip(receptions)) ?? toMilliseconds(pair?.currentRoundTripTime),
      availableOutgoing: pair?.availableOutgoingBitrate ?? null,
      path: pathOf(report, pair),
      limitation: limitationOf(firstPicture(outbound)),
      freezes: this.#grown(firstPicture(inbound), 'freezeCount'),
    };
    this.#previous = new Map([...outbound, ...inbound, ...receptions].map((entry) => [entry.id, entry]));
    return reading;
  }

  #media(
    report: StatsReport,
    streams: readonly StatsEntry[],
    measured: readonly StatsEntry[],
    bytes: 'bytesSent' | 'bytesReceived',
    loss: number | null,
  ): MediaFigures {
    const flowing = streams.filter((stream) => (this.#grown(stream, bytes) ?? 0) > 0);
    const jitters = measured.flatMap(({ jitter }) => (jitter === undefined ? [] : [jitter * 1000]));
    return {
      bitrate: this.#previous === undefined ? null : Math.round(streams.reduce((sum, stream) => sum + this.#rate(stream, bytes), 0)),
      loss,
      jitter: jitters.length === 0 ? null : Math.max(...jitters),
      video: largest(flowing.flatMap((stream) => this.#picture(report, stream))),
    };
  }

  #picture(report: StatsReport, stream: StatsEntry): PictureFigures[] {
    const { frameWidth: width, frameHeight: height, framesPerSecond } = stream;
    if (stream.kind !== 'video' || width === undefined || height === undefined || width === 0) return [];
    const frames = this.#grown(stream, stream.framesEncoded === undefined ? 'framesDecoded' : 'framesEncoded') ?? 0;
    const frameRate = framesPerSecond ?? frames / this.#seconds(stream);
    const codec = report.get(stream.codecId ?? '')?.mimeType?.split('/')[1] ?? '';
    return [{ width, height, frameRate: Math.round(frameRate), codec }];
  }

  /** Bits a second. */
  #rate(stream: StatsEntry, bytes: 'bytesSent' | 'bytesReceived'): number {
    return ((this.#grown(stream, bytes) ?? 0) * 8) / this.#seconds(stream);
  }

  /** What was counted since the report before; a stream that is new began within the interval. Null where it is not counted. */
  #grown(stream: StatsEntry | undefined, counter: keyof StatsEntry): number | null {
    const now = stream?.[counter];
    if (stream === undefined || typeof now !== 'number' || this.#previous === undefined) return null;
    const before = this.#previous.get(stream.id)?.[counter];
    return Math.max(0, now - (typeof before === 'number' ? before : 0));
  }

  #seconds(stream: StatsEntry): number {
    const entries = this.#previous ?? new Map<string, StatsEntry>();
    const before = entries.get(stream.id) ?? entries.values().next().value;
    const seconds = before === undefined ? 0 : (stream.timestamp - before.timestamp) / 1000;
    return seconds > 0 ? seconds : Number.POSITIVE_INFINITY;
  }

  #lostHere(inbound: readonly StatsEntry[]): Loss {
    const loss = { lost: 0, expected: 0 };
    for (const stream of inbound) {
      const lost = this.#grown(stream, 'packetsLost') ?? 0;
      loss.lost += lost;
      loss.expected += lost + (this.#grown(stream, 'packetsReceived') ?? 0);
    }
    return loss;
  }

  /** By reports that are new: loss over what was sent between each and the one before it of the same stream. */
  #lostByOthers(report: StatsReport, receptions: readonly StatsEntry[]): Loss {
    const loss = { lost: 0, expected: 0 };
    for (const { id, timestamp, localId, packetsLost: lost } of receptions) {
      const sent = report.get(localId ?? '')?.packetsSent;
      const before = this.#receptions.get(id);
      if (sent === undefined || lost === undefined || before?.timestamp === timestamp) continue;
      this.#receptions.set(id, { timestamp, lost, sent });
      if (before === undefined) continue;
      loss.lost += Math.max(0, lost - before.lost);
      loss.expected += Math.max(0, sent - before.sent);
    }
    return loss;
  }

  /** The mean of what was measured since the report before. */
  #measuredRoundTrip(receptions: readonly StatsEntry[]): number | null {
    let seconds = 0;
    let measurements = 0;
    for (const reception of receptions) {
      const grown = this.#grown(reception, 'roundTripTimeMeasurements') ?? 0;
      if (grown === 0) continue;
      measurements += grown;
      seconds += this.#grown(reception, 'totalRoundTripTime') ?? 0;
    }
    return measurements === 0 ? null : (seconds / measurements) * 1000;
  }
}

function lossOf({ lost, expected }: Loss): number | null {
  return expected < ENOUGH_PACKETS ? null : Math.min(1, lost / expected);
}

function largest(pictures: readonly PictureFigures[]): PictureFigures | null {
  const area = ({ width, height }: PictureFigures): number => width * height;
  return pictures.reduce<PictureFigures | null>((one, other) => (one === null || area(other) > area(one) ? other : one), null);
}

/** The camera's stream: the first section of its kind. */
function firstPicture(streams: readonly StatsEntry[]): StatsEntry | undefined {
  const section = ({ mid }: StatsEntry): number =>
    mid === undefined || Number.isNaN(Number(mid)) ? Number.POSITIVE_INFINITY : Number(mid);
  return streams
    .filter(({ kind }) => kind === 'video')
    .reduce<StatsEntry | undefined>((one, other) => (one === undefined || section(other) < section(one) ? other : one), undefined);
}

function limitationOf(camera: StatsEntry | undefined): LinkReading['limitation'] {
  switch (camera?.qualityLimitationReason) {
    case undefined:
      return null;
    case 'none':
    case 'cpu':
    case 'bandwidth':
      return camera.qualityLimitationReason;
    default:
      return 'other';
  }
}

function pathOf(report: StatsReport, pair: StatsEntry | undefined): string | null {
  const candidate = report.get(pair?.localCandidateId ?? '');
  if (candidate?.candidateType === undefined) return null;
  return `${candidate.candidateType} ${candidate.relayProtocol ?? candidate.protocol ?? 'udp'}`;
}

function toMilliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000;
}
