import { GlasscastError } from '../protocol/errors.ts';
import { trustedScriptUrl } from './trusted-script-url.ts';

export interface StartWorkerOptions {
  /** A copy of the worker on the page's own origin, for pages whose policy forbids `blob:` workers. */
  readonly workerUrl?: string | URL;
  /** Shown by developer tools. */
  readonly name?: string;
}

/**
 * Starts a module worker, also one that lives on another origin than the page.
 *
 * A worker's own address must be same-origin, but what it imports need not be: for another origin a `blob:` worker is started whose
 * one line imports the real module (which therefore needs CORS). The blob's address is revoked at once; the fetch of it has begun.
 *
 * @throws GlasscastError `unsupported` where there are no workers, or where the page's policy refuses this one
 */
export function startWorker(url: URL, options: StartWorkerOptions = {}): Worker {
  if (typeof Worker === 'undefined') throw new GlasscastError('unsupported', 'This browser cannot run workers.');
  const base = typeof location === 'undefined' ? undefined : location.href;
  const target = new URL(options.workerUrl ?? url, base);
  const init: WorkerOptions = { type: 'module', ...(options.name === undefined ? {} : { name: options.name }) };
  try {
    if (options.workerUrl !== undefined || isSameOrigin(target)) return new Worker(trustedScriptUrl(target.href), init);
    return startTrampoline(target, init);
  } catch (cause) {
    throw new GlasscastError(
      'unsupported',
      "The page's security policy does not allow the worker. Allow worker-src blob:, or set worker-url.",
      {
        cause,
      },
    );
  }
}

function isSameOrigin(target: URL): boolean {
  return typeof location !== 'undefined' && target.origin === location.origin;
}

function startTrampoline(target: URL, init: WorkerOptions): Worker {
  const source = new Blob([`import ${JSON.stringify(target.href)};`], { type: 'text/javascript' });
  const address = URL.createObjectURL(source);
  try {
    return new Worker(trustedScriptUrl(address), init);
  } finally {
    URL.revokeObjectURL(address);
  }
}
