/** What a recording needs of the file system, so that tests can have a disk that is full, slow or broken. */
import { type FileHandle, mkdir, open, rename, statfs } from 'node:fs/promises';
import type { Bytes } from '../../../src/protocol/index.ts';

/** A file that only grows. */
export interface AppendFile {
  /** Appends all of it, or throws; then some of it may have been appended. */
  append(buffers: readonly Uint8Array[]): Promise<void>;
  /** Cuts off what is behind the first `size` bytes. */
  truncate(size: Bytes): Promise<void>;
  /** Makes what was written outlast a power failure. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  makeFolder(path: string): Promise<void>;
  /** Opens a file for appending, and makes it where there is none. */
  append(path: string): Promise<AppendFile>;
  /** Writes a whole file: it is there with all of `content`, or not at all. */
  replace(path: string, content: string | Uint8Array): Promise<void>;
  /** What may still be written where `path` is. */
  free(path: string): Promise<Bytes>;
}

class NodeAppendFile implements AppendFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(buffers: readonly Uint8Array[]): Promise<void> {
    let rest = buffers.filter(({ byteLength }) => byteLength > 0);
    while (rest.length > 0) {
      // The system may take less than it was given, and at most 1024 pieces at once.
      let { bytesWritten: left } = await this.#handle.writev(rest.slice(0, 1024));
      if (left === 0) throw Object.assign(new Error('the disk takes nothing more'), { code: 'ENOSPC' });
      let done = 0;
      for (let first = rest[done]; first !== undefined && left >= first.byteLength; first = rest[done]) {
        left -= first.byteLength;
        done++;
      }
      const [cut, ...others] = rest.slice(done);
      rest = cut === undefined ? [] : [cut.subarray(left), ...others];
    }
  }

  async truncate(size: Bytes): Promise<void> {
    await this.#handle.truncate(size);
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export const nodeDisk: Disk = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  append: async (path) => new NodeAppendFile(await open(path, 'a')),
  async replace(path, content) {
    const passing = `${path}.new`;
    const handle = await open(passing, 'w');
    try {
      await handle.writeFile(content);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(passing, path);
  },
  async free(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
