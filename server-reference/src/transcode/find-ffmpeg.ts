import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/** What is named where ffmpeg is not to be used although it is there. */
export const NO_FFMPEG = 'none';
/** The optional dependency that brings a program: a build of 2018, which is good enough for what is asked of it. */
const PACKAGE = '@ffmpeg-installer/ffmpeg';

/** The file that `ffmpeg` is: the one that was named, else the first in PATH, else the one that was installed along; null where there is none. */
export function findFfmpeg(named: string | null, path = process.env['PATH'] ?? '', installed = installedAlong): string | null {
  if (named !== null) return isProgram(named) ? named : null;
  const candidates = path.split(delimiter).flatMap((place) => ['ffmpeg', 'ffmpeg.exe'].map((file) => join(place, file)));
  const found = candidates.find(isProgram);
  if (found !== undefined) return found;
  const along = installed();
  return along !== null && isProgram(along) ? along : null;
}

function installedAlong(): string | null {
  try {
    const along: unknown = createRequire(import.meta.url)(PACKAGE);
    return typeof along === 'object' && along !== null && 'path' in along && typeof along.path === 'string' ? along.path : null;
  } catch {
    // Optional: there is none for this platform, or it was left out.
    return null;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not for us: the next one may be.
    return false;
  }
}
