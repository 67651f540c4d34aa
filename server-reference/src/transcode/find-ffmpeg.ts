import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file that `ffmpeg` is: the one that was named, else the first in PATH; null where there is none. */
export function findFfmpeg(named: string | null, path = process.env['PATH'] ?? ''): string | null {
  const candidates =
    named === null ? path.split(delimiter).flatMap((place) => ['ffmpeg', 'ffmpeg.exe'].map((file) => join(place, file))) : [named];
  return candidates.find(isProgram) ?? null;
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
