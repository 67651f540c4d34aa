/** A disk that is full after so many bytes, that hangs, or that says it has little room. Everything else goes to the real one. */
import { type AppendFile, type Disk, nodeDisk } from '../../server-reference/src/recording/disk.ts';

export class FailingDisk implements Disk {
  /** Bytes that it still takes. */
  room = Number.POSITIVE_INFINITY;
  /** What it says is free. */
  freeBytes = Number.POSITIVE_INFINITY;
  #hanging: Promise<void> | null = null;

  /** From now on nothing is written, until the returned function is called. */
  hang(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#hanging = promise;
    return () => {
      this.#hanging = null;
      resolve();
    };
  }

  async makeFolder(path: string): Promise<void> {
    await nodeDisk.makeFolder(path);
  }

  async append(path: string): Promise<AppendFile> {
    const file = await nodeDisk.append(path);
    return {
      append: async (buffers) => {
        await this.#hanging;
        const all = Buffer.concat(buffers);
        const taken = all.subarray(0, this.room);
        this.room -= taken.byteLength;
        await file.append([taken]);
        if (taken.byteLength < all.byteLength) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
      truncate: (size) => file.truncate(size),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }

  async replace(path: string, content: string | Uint8Array): Promise<void> {
    if (this.room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    await nodeDisk.replace(path, content);
  }

  async free(): Promise<number> {
    return this.freeBytes;
  }
}
