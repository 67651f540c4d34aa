/** What a list of recordings says of one, and what is read at the start in place of its journal. */
import * as v from 'valibot';
import { END_REASONS } from './journal.ts';
import type { RecordingIndex } from './recording-index.ts';

const SummarySchema = v.object({
  version: v.literal(1),
  stream: v.string(),
  session: v.string(),
  title: v.nullable(v.string()),
  startedAt: v.number(),
  /** Null while it is being recorded. */
  endedAt: v.nullable(v.number()),
  /** Why it has no more; null while it is being recorded. */
  reason: v.nullable(v.picklist(END_REASONS)),
  /** Seconds, time without media included. */
  duration: v.number(),
  /** Of media. */
  bytes: v.number(),
  renditions: v.array(
    v.object({
      id: v.string(),
      kind: v.picklist(['video', 'audio']),
      codec: v.string(),
      width: v.optional(v.number()),
      height: v.optional(v.number()),
    }),
  ),
});
export type Summary = v.InferOutput<typeof SummarySchema>;

export function summarize(index: RecordingIndex): Summary {
  const { stream, session, startedAt } = index.header;
  return {
    version: 1,
    stream,
    session,
    title: index.end?.title === undefined ? index.header.title : index.end.title,
    startedAt,
    endedAt: index.end?.at ?? null,
    reason: index.end?.reason ?? null,
    duration: index.duration,
    bytes: index.bytes,
    renditions: index.renditions.flatMap(({ info, inits, bytes }) => {
      const init = [...inits.values()].at(-1);
      if (init === undefined || bytes === 0) return [];
      const { codec, width, height } = init;
      const size = width === undefined || height === undefined ? {} : { width, height };
      return [{ id: info.id, kind: info.kind, codec, ...size }];
    }),
  };
}

/** Null for what is not a summary. */
export function readSummary(text: string): Summary | null {
  try {
    const parsed = v.safeParse(SummarySchema, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    // Not JSON: the journal tells what a summary would have.
    return null;
  }
}
