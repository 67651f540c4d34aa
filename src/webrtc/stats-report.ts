import type { Milliseconds } from '../protocol/units.ts';

/**
 * What is read of the entries of a statistics report (https://www.w3.org/TR/webrtc-stats/). Browsers leave out what they do not
 * measure, so everything may be missing. Times within are in seconds, apart from `timestamp`.
 */
export interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: Milliseconds;
  readonly kind?: string;
  readonly mid?: string;
  readonly codecId?: string;
  readonly localId?: string;
  readonly mimeType?: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly packetsSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly jitter?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesPerSecond?: number;
  readonly framesEncoded?: number;
  readonly framesDecoded?: number;
  readonly freezeCount?: number;
  readonly qualityLimitationReason?: string;
  readonly roundTripTime?: number;
  readonly totalRoundTripTime?: number;
  readonly roundTripTimeMeasurements?: number;
  readonly currentRoundTripTime?: number;
  readonly availableOutgoingBitrate?: number;
  readonly selectedCandidatePairId?: string;
  readonly localCandidateId?: string;
  readonly selected?: boolean;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly candidateType?: string;
  readonly protocol?: string;
  readonly relayProtocol?: string;
  readonly audioLevel?: number;
  readonly totalAudioEnergy?: number;
  readonly totalSamplesDuration?: number;
}

/** An `RTCStatsReport`, by what is used of it. */
export type StatsReport = Pick<ReadonlyMap<string, StatsEntry>, 'get' | 'values'>;

export function entriesOf(report: StatsReport, type: string): StatsEntry[] {
  return [...report.values()].filter((entry) => entry.type === type);
}

/**
 * The pair of candidates in use. Older Firefox has no transport that would name it, and marks the pair itself; the last resort is what
 * ICE agreed on.
 */
export function selectedPair(report: StatsReport): StatsEntry | undefined {
  for (const transport of entriesOf(report, 'transport')) {
    const pair = report.get(transport.selectedCandidatePairId ?? '');
    if (pair !== undefined) return pair;
  }
  const pairs = entriesOf(report, 'candidate-pair');
  return pairs.find(({ selected }) => selected) ?? pairs.find(({ nominated, state }) => nominated && state === 'succeeded');
}
