/** What a page keeps alive, counted after its garbage has been collected: what must not grow with each call. */
import type { CDPSession, Page } from 'puppeteer-core';

export interface Census {
  /** Bytes of JavaScript in use. */
  readonly heap: number;
  readonly listeners: number;
  readonly nodes: number;
  readonly connections: number;
  readonly dataChannels: number;
  readonly streams: number;
  /** Tracks that have not ended: those of others, and camera and microphone. */
  readonly liveTracks: number;
  readonly videos: number;
  readonly audioContexts: number;
  readonly workers: number;
  /** Timers of the page that will still fire; those of its workers are the workers'. */
  readonly timers: number;
}

declare global {
  /** Timers of the page that will still fire, where {@link countTimers} was installed. */
  const pendingTimers: ReadonlySet<unknown>;
}

/**
 * Asks for camera and microphone once, and gives clones of them from then on: Chromium keeps what a `getUserMedia` gave for ten seconds
 * and more, to count how long that took. Runs in the page, before any script of its own.
 */
export function cloneDevices(): void {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let opened: Promise<MediaStreamTrack[]> | undefined;
  navigator.mediaDevices.getUserMedia = async ({ audio, video } = {}) => {
    opened ??= ask({ audio: true, video: true }).then((stream) => stream.getTracks());
    const asked = (await opened).filter(({ kind }) => (kind === 'audio' ? audio : video));
    return new MediaStream(asked.map((track) => track.clone()));
  };
}

/** Runs in the page, before any script of its own. */
export function countTimers(): void {
  const pending = new Set<unknown>();
  Object.defineProperty(globalThis, 'pendingTimers', { value: pending });
  const { setTimeout: start, setInterval: repeat, clearTimeout: stop, clearInterval: stopRepeating } = globalThis;
  const counted = {
    setTimeout: (run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): unknown => {
      const id: unknown = start(() => {
        pending.delete(id);
        run(...args);
      }, delay);
      pending.add(id);
      return id;
    },
    setInterval: (run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): unknown => {
      const id: unknown = repeat(run, delay, ...args);
      pending.add(id);
      return id;
    },
    clearTimeout: (id?: number): void => {
      pending.delete(id);
      stop(id);
    },
    clearInterval: (id?: number): void => {
      pending.delete(id);
      stopRepeating(id);
    },
  };
  Object.assign(globalThis, counted);
}

/** Longer than anything that a call leaves behind, in milliseconds: the Phoenix client waits ten seconds for each reply. */
export const SETTLED_MS = 11_000;

/** How many objects with this prototype are reachable, of those that `keep` (the text of a function) holds for. */
async function instances(session: CDPSession, prototype: string, keep = '() => true'): Promise<number> {
  const { result } = await session.send('Runtime.evaluate', { expression: prototype, objectGroup: 'census' });
  if (result.objectId === undefined) return 0;
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId, objectGroup: 'census' });
  if (objects.objectId === undefined) return 0;
  const counted = await session.send('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: `function () { return this.filter(${keep}).length; }`,
    returnByValue: true,
  });
  await session.send('Runtime.releaseObjectGroup', { objectGroup: 'census' });
  return counted.result.value as number;
}

/** Call it when what ends with a delay has ended: announcements, tiles of who left, timers of a call. */
export async function takeCensus(page: Page): Promise<Census> {
  const session = await page.createCDPSession();
  try {
    await session.send('Performance.enable');
    await session.send('HeapProfiler.enable');
    // What a first round finalises, a second one frees.
    for (let round = 0; round < 3; round++) await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const metric = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
    return {
      heap: metric('JSHeapUsedSize'),
      listeners: metric('JSEventListeners'),
      nodes: metric('Nodes'),
      connections: await instances(session, 'RTCPeerConnection.prototype'),
      dataChannels: await instances(session, 'RTCDataChannel.prototype'),
      streams: await instances(session, 'MediaStream.prototype'),
      // Prototypes of tracks of other kinds are among them, and have no state.
      liveTracks: await instances(
        session,
        'MediaStreamTrack.prototype',
        "(one) => !('prototype' in one.constructor && one.constructor.prototype === one) && one.readyState === 'live'",
      ),
      videos: await instances(session, 'HTMLVideoElement.prototype'),
      audioContexts: await instances(session, 'AudioContext.prototype'),
      workers: await instances(session, 'Worker.prototype'),
      timers: await page.evaluate(() => (typeof pendingTimers === 'undefined' ? 0 : pendingTimers.size)),
    };
  } finally {
    await session.detach();
  }
}
