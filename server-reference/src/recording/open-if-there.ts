import { type FileHandle, open } from 'node:fs/promises';

/**
 * A file to read from; null where there is none. Everything else is an error: a file that cannot be opened now, for want of a right or of a
 * handle, is not one that is gone, and nothing may be cut or forgotten for it.
 */
export async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
