import * as v from 'valibot';
import { LIMITS } from './limits.ts';

/** What a room's slug and a stream's name look like: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const NameSchema = v.pipe(v.string(), v.regex(NAME_PATTERN, 'must be 1 to 63 of a-z, 0-9 and -, and not start with -'));

export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME_PATTERN.test(value);
}

/** A person's name or a room's title: trimmed, without control characters, 1 to 80 characters. */
export const TitleSchema = v.pipe(
  v.string(),
  v.maxLength(LIMITS.name * 4),
  v.transform((text) => text.replace(/[\p{Cc}\p{Cf}]/gu, '').trim()),
  v.minLength(1),
  v.maxLength(LIMITS.name),
);

/**
 * A slug from a title: lower-cased, accents dropped, runs of anything else turned into one `-`.
 * Returns null where nothing is left; the caller then chooses a random one.
 */
export function slugify(title: string): string | null {
  const slug = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return isName(slug) ? slug : null;
}

/** The topics of the wire: a family and, for all but the lobby, a name. */
export const TOPIC_FAMILIES = ['room', 'stream', 'live'] as const;
export type TopicFamily = (typeof TOPIC_FAMILIES)[number];
export const LOBBY_TOPIC = 'lobby';

export const roomTopic = (slug: string): string => `room:${slug}`;
export const streamTopic = (name: string): string => `stream:${name}`;
export const liveTopic = (name: string): string => `live:${name}`;
