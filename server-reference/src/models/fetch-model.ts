/** Brings a published file here once: nothing that has another hash is ever at its place. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { dirname } from 'node:path';
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';
import type { PublishedModel } from './published-model.ts';

export interface FetchModelOptions {
  readonly model: PublishedModel;
  /** An http(s) address or a file; left out, where the model is published. */
  readonly from?: string | undefined;
  /** The file that it becomes; the folders above it are made. */
  readonly to: string;
  readonly signal: AbortSignal;
  /** How long nothing may come; {@link SILENCE} where left out. */
  readonly silence?: Milliseconds;
  /** Called as it comes. */
  readonly progress?: (received: Bytes) => void;
}

/** What keeps a model from being fetched, in words without a full stop. */
export class FetchModelError extends Error {
  /** Whether another way to the same file could help: nothing came, or it was another. */
  readonly unreachable: boolean;

  constructor(message: string, options: ErrorOptions & { readonly unreachable?: boolean } = {}) {
    super(message, options);
    this.name = 'FetchModelError';
    this.unreachable = options.unreachable ?? false;
  }
}

const SILENCE: Milliseconds = 30_000;
/** Of all of it: 3.8 MB over 64 kbit/s. */
const LONGEST: Milliseconds = 600_000;
const MOST_REDIRECTS = 5;

export const isAddress = (from: string): boolean => /^https?:\/\//i.test(from);

/** Whether the file that is there already is the published one; false where there is none. */
export async function isFetched(file: string, model: PublishedModel): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw new FetchModelError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  return hash.digest('hex') === model.sha256;
}

/** Throws {@link FetchModelError}; then nothing of it is left. */
export async function fetchModel(options: FetchModelOptions): Promise<void> {
  const { model, to } = options;
  const from = options.from ?? model.url;
  // Beside it, so that it can be renamed; of its own, since two may fetch at once.
  const part = `${to}.${randomUUID()}.part`;
  const handle = await created(part);
  try {
    await receive(handle, from, options);
    await handle.sync();
    await handle.close();
    await rename(part, to);
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    if (error instanceof FetchModelError) throw error;
    throw new FetchModelError(`${to} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

async function created(part: string): Promise<FileHandle> {
  const folder = dirname(part);
  try {
    await mkdir(folder, { recursive: true });
    return await open(part, 'wx');
  } catch (error) {
    throw new FetchModelError(`${folder} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

async function receive(handle: FileHandle, from: string, { model, signal, silence = SILENCE, progress }: FetchModelOptions): Promise<void> {
  const hash = createHash('sha256');
  let received = 0;
  for await (const bytes of isAddress(from) ? download(from, signal, silence) : read(from, signal)) {
    received += bytes.byteLength;
    if (received > model.size)
      throw new FetchModelError(`${from} is not the ${model.name}: it has more than ${model.size} bytes`, { unreachable: true });
    hash.update(bytes);
    await handle.write(bytes);
    progress?.(received);
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== model.sha256) {
    const reason = received < model.size ? `${received} of ${model.size} bytes came` : `its SHA-256 is ${sha256}, not ${model.sha256}`;
    throw new FetchModelError(`${from} is not the ${model.name}: ${reason}`, { unreachable: true });
  }
}

async function* download(from: string, signal: AbortSignal, silence: Milliseconds): AsyncGenerator<Uint8Array> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new Error(`nothing came for ${silence / 1000} s`)), silence);
  const stop = AbortSignal.any([signal, silent.signal, AbortSignal.timeout(LONGEST)]);
  try {
    for await (const bytes of await answer(new URL(from), stop)) {
      timer.refresh();
      yield bytes as Buffer;
    }
  } catch (error) {
    const cause: unknown = stop.aborted ? stop.reason : error;
    throw new FetchModelError(`${from} cannot be fetched: ${reasonOf(cause)}`, { cause, unreachable: true });
  } finally {
    clearTimeout(timer);
  }
}

/** Not with `fetch`: the one in Node ends the process when a site hangs up behind a body that is still being read. */
async function answer(url: URL, signal: AbortSignal, redirects = 0): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? https.get : http.get;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // As it is: a size is counted, and a hash taken, of what was published.
    get(url, { signal, headers: { 'accept-encoding': 'identity' } }, resolve).once('error', reject);
  });
  const { statusCode = 0, statusMessage = '', headers } = response;
  if (statusCode === 200) return response;
  response.destroy();
  const location = statusCode >= 300 && statusCode < 400 ? URL.parse(headers.location ?? '', url.href) : null;
  if (location === null || !isAddress(location.href)) throw new Error(`it answers ${statusCode} ${statusMessage}`.trimEnd());
  if (redirects === MOST_REDIRECTS) throw new Error(`it redirects more than ${MOST_REDIRECTS} times`);
  return answer(location, signal, redirects + 1);
}

async function* read(from: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(from, { signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new FetchModelError(`${from} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** What lies at the bottom is what helps. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
