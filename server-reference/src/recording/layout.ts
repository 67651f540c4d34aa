/** Where things are: `<directory>/<stream>/<session>/` holds a journal, one media file a rendition, and a summary once it is over. */
import { join } from 'node:path';
import { isName } from '../../../src/protocol/index.ts';

export const JOURNAL = 'journal';
export const SUMMARY = 'recording.json';
export const POSTER = 'poster.jpg';
export const STORYBOARD = 'storyboard.jpg';

const SESSION_PATTERN = /^[a-z0-9]{1,32}$/;
const RENDITION_PATTERN = /^[av]\d$/;

export const isSession = (name: string): boolean => SESSION_PATTERN.test(name);
export const isRendition = (name: string): boolean => RENDITION_PATTERN.test(name);

/** The parts of one after the other, as they were served live. */
export const mediaFile = (rendition: string): string => `${rendition}.m4s`;

/** Whatever is asked for, nothing outside the directory has such a path. Throws RangeError. */
export function folderOf(directory: string, stream: string, session: string): string {
  if (!isName(stream) || !isSession(session)) throw new RangeError('no recording is called so');
  return join(directory, stream, session);
}

const OURS = new RegExp(`^(?:${JOURNAL}|(?:${SUMMARY}|${POSTER}|${STORYBOARD})(?:\\.new)?|[av]\\d\\.m4s)$`);

/** Whether a recording, or what is left of one, may hold a file of this name. */
export const isOurs = (file: string): boolean => OURS.test(file);
