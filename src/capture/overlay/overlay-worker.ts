import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import { startWorker } from '../../workers/start-worker.ts';
import type { FromOverlayWorker } from './overlay-messages.ts';

export type OverlayWorker = ReturnType<typeof startWorker>;

const PATIENCE: Milliseconds = 5_000;

/** @throws GlasscastError `unsupported` where the page's policy or the browser does not let it run */
export async function startOverlayWorker(name: string, workerUrl: string | undefined): Promise<OverlayWorker> {
  const worker = startWorker(new URL('./overlay.worker.ts', import.meta.url), {
    name: `glasscast ${name}`,
    ...(workerUrl === undefined ? {} : { workerUrl }),
  });
  const waiting = new AbortController();
  const { signal } = waiting;
  // What the worker imports may be refused as well, which shows only as an error event.
  const started = new Promise<void>((resolve, reject) => {
    const refuse = (): void => {
      worker.terminate();
      reject(new GlasscastError('unsupported', 'The worker that draws on the picture did not start.'));
    };
    const timeout = setTimeout(refuse, PATIENCE);
    signal.addEventListener('abort', () => clearTimeout(timeout));
    worker.addEventListener('error', refuse, { signal });
    worker.addEventListener('message', ({ data }: MessageEvent<FromOverlayWorker>) => data.type === 'ready' && resolve(), { signal });
  });
  await started.finally(() => waiting.abort());
  return worker;
}
