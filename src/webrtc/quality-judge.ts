import { type LinkQuality, type LinkReading, type QualityCause, type QualityLevel, UNKNOWN_QUALITY } from './link-quality.ts';

/** How bad it is: 0 is well. */
export type Score = 0 | 1 | 2;

/** What a reading of one link alone does not tell. */
export interface Circumstances {
  /** Pictures and sound of most others arrive well. False where there are no others. */
  readonly receivesWell: boolean;
  /** The same for what is sent to them. */
  readonly sendsWell: boolean;
  /** The path holds far less than the link's share of the upload. */
  readonly constrained: boolean;
  /** All links are kept low because this device could not encode as much. */
  readonly sparesProcessor: boolean;
}

interface Verdict {
  readonly score: Score;
  readonly cause: QualityCause;
}

/** From which value on it is fair, and from which it is poor. */
type Bounds = readonly [fair: number, poor: number];
const LOSS: Bounds = [0.03, 0.08];
/** Milliseconds: beyond this sound is bridged rather than heard. */
const JITTER: Bounds = [60, 150];
/** Milliseconds: people begin to talk over each other. */
const ROUND_TRIP: Bounds = [400, 800];
const FREEZES: Bounds = [1, 2];
/** Frames a second that a busy device still manages. */
const CRAWLING = 8;

const LEVELS: readonly [QualityLevel, QualityLevel, QualityLevel] = ['good', 'fair', 'poor'];
/** Readings in a row before it is said that a link does worse, or better. */
const WORSE_AFTER = 2;
const BETTER_AFTER = 3;

/** What goes out, by what the other side reports. */
export function sentScore({ sent }: LinkReading): Score {
  return score(sent.loss, LOSS);
}

export function receivedScore({ received, freezes }: LinkReading): Score {
  return worst(score(received.loss, LOSS), score(received.jitter, JITTER), score(freezes, FREEZES));
}

/** Says in one word how a link is doing and why, and changes its mind only about what lasts. */
export class QualityJudge {
  #quality: LinkQuality = UNKNOWN_QUALITY;
  #worse = 0;
  #other = 0;

  get quality(): LinkQuality {
    return this.#quality;
  }

  /** @returns the same object as before where nothing has changed */
  judge(reading: LinkReading, circumstances: Circumstances): LinkQuality {
    // The first report has nothing to be compared with.
    if (reading.received.bitrate === null && reading.sent.bitrate === null) return this.#quality;
    const { score: next, cause } = weigh(reading, circumstances);
    const level = LEVELS[next];
    if (level === this.#quality.level && cause === this.#quality.cause) {
      this.#worse = 0;
      this.#other = 0;
      return this.#quality;
    }
    const before = LEVELS.indexOf(this.#quality.level);
    this.#worse = next > before ? this.#worse + 1 : 0;
    this.#other += 1;
    if (before === -1 || this.#worse >= WORSE_AFTER || this.#other >= BETTER_AFTER) this.#set({ level, cause });
    return this.#quality;
  }

  /** Nothing is known while the link is not connected. */
  forget(): LinkQuality {
    if (this.#quality !== UNKNOWN_QUALITY) this.#set(UNKNOWN_QUALITY);
    return this.#quality;
  }

  #set(quality: LinkQuality): void {
    this.#quality = quality;
    this.#worse = 0;
    this.#other = 0;
  }
}

function weigh(reading: LinkReading, { receivesWell, sendsWell, constrained, sparesProcessor }: Circumstances): Verdict {
  const sent = worst(sentScore(reading), constrained ? 1 : 0);
  const received = receivedScore(reading);
  const verdicts: readonly Verdict[] = [
    { score: processorScore(reading, sparesProcessor), cause: 'cpu' },
    // What goes well with others and badly here is not for want of an own network.
    { score: sent, cause: sendsWell ? 'peer' : 'uplink' },
    { score: received, cause: receivesWell ? 'peer' : 'downlink' },
    { score: score(reading.roundTrip, ROUND_TRIP), cause: 'none' },
  ];
  const good: Verdict = { score: 0, cause: 'none' };
  return verdicts.reduce((one, other) => (other.score > one.score ? other : one), good);
}

function processorScore({ limitation, sent }: LinkReading, sparesProcessor: boolean): Score {
  if (limitation !== 'cpu') return sparesProcessor ? 1 : 0;
  return sent.video !== null && sent.video.frameRate < CRAWLING ? 2 : 1;
}

function score(value: number | null, [fair, poor]: Bounds): Score {
  if (value === null || value < fair) return 0;
  return value < poor ? 1 : 2;
}

function worst(...scores: readonly Score[]): Score {
  return scores.reduce((one, other) => (other > one ? other : one), 0);
}
