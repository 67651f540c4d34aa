import * as v from 'valibot';
import { LIMITS } from './limits.ts';
import { isName, NAME_PATTERN } from './name-pattern.ts';

export { isName, NAME_PATTERN };

export const NameSchema = v.pipe(v.string(), v.regex(NAME_PATTERN, 'must be 1 to 63 of a-z, 0-9 and -, and not start with -'));

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

/** A topic is a family and, for all but the lobby, a name. */
export const LOBBY_TOPIC = 'lobby';

export const roomTopic = (slug: string): string => `room:${slug}`;
export const streamTopic = (name: string): string => `stream:${name}`;
export const liveTopic = (name: string): string => `live:${name}`;
export const mediaTopic = (name: string): string => `media:${name}`;
export const framesTopic = (id: string): string => `frames:${id}`;
