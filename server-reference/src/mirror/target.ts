/** Where a mirror puts its files: any server that takes PUT, or S3. */
import type { Fetch } from './uploader.ts';

export interface MirrorFile {
  /** Below the target's address, without a slash in front. */
  readonly path: string;
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly type: string;
  readonly cacheControl: string;
}

export interface MirrorTarget {
  /** Rejects unless the file is there. */
  put(file: MirrorFile, signal: AbortSignal): Promise<void>;
  remove(path: string, signal: AbortSignal): Promise<void>;
}

/** Speaks of the answer alone: an address may hold what nobody should read in a log. */
export class UploadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UploadError';
  }
}

export const fileHeaders = ({ type, cacheControl }: MirrorFile): Record<string, string> => ({
  'content-type': type,
  'cache-control': cacheControl,
});

/** Sends a request that has to succeed. A redirect is a failure: it could lead what is signed, or the credentials, anywhere. */
export async function deliver(send: Fetch, request: Request): Promise<void> {
  const response = await send(request);
  await response.body?.cancel();
  if (response.status >= 300 && response.status < 400) throw new UploadError(`the target redirects (${response.status})`);
  const gone = request.method === 'DELETE' && response.status === 404;
  if (!response.ok && !gone) throw new UploadError(`the target answered ${response.status}`);
}
