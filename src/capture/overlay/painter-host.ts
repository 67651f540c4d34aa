import { toError } from '../publisher-events.ts';
import type { PainterEvents } from './frame-painter.ts';
import type { FromOverlayWorker, PainterOptions, ResolvedRequest, ToPainter } from './overlay-messages.ts';
import { type OverlayWorker, startOverlayWorker } from './overlay-worker.ts';

export interface PainterHostEvents extends PainterEvents {
  /** It has crashed: another one has to draw. */
  crashed(cause: unknown): void;
}

/** A painter, wherever it runs. */
export interface PainterHost {
  readonly runsIn: 'worker' | 'page';
  /** Resolves with whether one of them is there to hide something. */
  setOverlays(requests: readonly ResolvedRequest[]): Promise<boolean>;
  connect(port: MessagePort): void;
  setLandmarker(port: MessagePort | null): void;
  close(): void;
}

/** @throws GlasscastError `unsupported` where no worker runs */
export async function openWorkerPainter(
  options: PainterOptions & { readonly workerUrl?: string },
  events: PainterHostEvents,
): Promise<PainterHost> {
  const { workerUrl, ...rest } = options;
  return new WorkerPainter(await startOverlayWorker('overlay', workerUrl), rest, events);
}

/** On the page: for overlays that are functions of it, and for pages without workers. Its code is loaded only then. */
export async function openPagePainter(options: PainterOptions, events: PainterHostEvents): Promise<PainterHost> {
  const { FramePainter } = await import('./frame-painter.ts');
  const painter = new FramePainter(options, events);
  return {
    runsIn: 'page',
    setOverlays: (requests) => painter.setOverlays(requests),
    connect: (port) => painter.connect(port),
    setLandmarker: (port) => painter.setLandmarker(port),
    close: () => painter.close(),
  };
}

class WorkerPainter implements PainterHost {
  readonly runsIn = 'worker';
  readonly #worker: OverlayWorker;
  readonly #setting = new Map<number, (hides: boolean) => void>();
  #newest = 0;

  constructor(worker: OverlayWorker, options: PainterOptions, events: PainterHostEvents) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromOverlayWorker>) => {
      if (data.type === 'overlays-set') this.#set(data.id, data.hides);
      if (data.type === 'needs-faces') events.needsFaces(data.needed);
      if (data.type === 'faces-failed') events.facesFailed();
      if (data.type === 'notice') events.notice(toError(data.error));
      if (data.type === 'detection') events.detection(data.figures);
      if (data.type === 'faces') events.faces(data.faces);
    });
    worker.addEventListener('error', ({ message }) => {
      this.close();
      events.crashed(new Error(message));
    });
    this.#post({ type: 'open-painter', options });
  }

  setOverlays(requests: readonly ResolvedRequest[]): Promise<boolean> {
    const id = ++this.#newest;
    return new Promise((resolve) => {
      this.#setting.set(id, resolve);
      this.#post({ type: 'overlays', id, requests });
    });
  }

  connect(port: MessagePort): void {
    this.#post({ type: 'connect', port }, [port]);
  }

  setLandmarker(port: MessagePort | null): void {
    this.#post({ type: 'landmarker', port }, port === null ? [] : [port]);
  }

  close(): void {
    this.#worker.terminate();
    for (const id of [...this.#setting.keys()]) this.#set(id, false);
  }

  #set(id: number, hides: boolean): void {
    this.#setting.get(id)?.(hides);
    this.#setting.delete(id);
  }

  #post(message: ToPainter, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
