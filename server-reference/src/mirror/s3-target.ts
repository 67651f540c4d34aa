/** A bucket behind the S3 protocol, addressed by path, which every implementation of it understands. */
import { AwsClient } from 'aws4fetch';
import { deliver, fileHeaders, type MirrorFile, type MirrorTarget } from './target.ts';
import type { Fetch } from './uploader.ts';

export interface S3Access {
  /** Null for Amazon's own, by region. */
  readonly endpoint: URL | null;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export class S3Target implements MirrorTarget {
  readonly #base: string;
  readonly #client: AwsClient;
  readonly #send: Fetch;

  /** @param address `s3://bucket/prefix` */
  constructor(address: URL, { endpoint, region, accessKeyId, secretAccessKey, sessionToken }: S3Access, send: Fetch) {
    const origin = (endpoint?.href ?? `https://s3.${region}.amazonaws.com`).replace(/\/$/, '');
    this.#base = [origin, address.hostname, ...address.pathname.split('/').filter((part) => part !== '')].join('/');
    const session = sessionToken === null ? {} : { sessionToken };
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, ...session, region, service: 's3' });
    this.#send = send;
  }

  put(file: MirrorFile, signal: AbortSignal): Promise<void> {
    return this.#deliver(file.path, { method: 'PUT', body: file.body, headers: fileHeaders(file), signal });
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return this.#deliver(path, { method: 'DELETE', signal });
  }

  async #deliver(path: string, init: RequestInit): Promise<void> {
    await deliver(this.#send, await this.#client.sign(`${this.#base}/${path}`, { ...init, redirect: 'manual' }));
  }
}
