/** What a request that brings media says in its query: all that a join carries, and where the chunk belongs. */
import { CONTAINERS, type Container } from '../../../src/protocol/index.ts';
import { Problem } from '../problem.ts';

export interface MediaQuery {
  readonly container: Container | null;
  /** What the sender calls its broadcast; one for all who call it nothing. */
  readonly session: string;
  /** Counts recordings of one broadcast; null where it does not. */
  readonly epoch: number | null;
  /** The place of the chunk within its recording; null where it goes on as it comes. */
  readonly seq: number | null;
  readonly join: Readonly<Record<string, unknown>>;
}

const LONGEST_SESSION = 64;
const TEXTS = ['publish_key', 'title', 'description', 'overlay'];
const FLAGS = ['record', 'take_over'];
const NUMBERS = ['part_duration', 'segment_duration', 'window'];

/** Throws a {@link Problem}. What the join itself checks is left to it. */
export function readMediaQuery(query: Readonly<Record<string, unknown>>): MediaQuery {
  const join: Record<string, unknown> = {};
  for (const key of TEXTS) if (query[key] !== undefined) join[key] = query[key];
  for (const key of FLAGS) if (query[key] !== undefined) join[key] = flag(key, query[key]);
  for (const key of NUMBERS) if (query[key] !== undefined) join[key] = numberOf(key, query[key]);
  const session = query['session'] ?? '';
  if (typeof session !== 'string' || session.length > LONGEST_SESSION) throw invalid(`session has at most ${LONGEST_SESSION} characters.`);
  return {
    container: container(query['container']),
    session,
    epoch: numberOf('epoch', query['epoch']),
    seq: numberOf('seq', query['seq']),
    join,
  };
}

const invalid = (detail: string): Problem => new Problem(400, 'invalid', detail);

function container(value: unknown): Container | null {
  if (value === undefined) return null;
  const found = CONTAINERS.find((each) => each === value);
  if (found === undefined || found === 'frames') throw invalid('container is matroska, webm or fmp4; frames are opened with a JSON body.');
  return found;
}

/** `?record` alone is enough. */
function flag(name: string, value: unknown): boolean {
  if (value === '' || value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw invalid(`${name} is true or false.`);
}

/** A number of a query; null where there is none. */
export function numberOf(name: string, value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw invalid(`${name} is a number from 0 on.`);
}
