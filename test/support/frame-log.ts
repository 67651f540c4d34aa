/** When each picture of the others was shown, on the clock that all processes of this machine share. */
import type { Page } from 'puppeteer-core';
import { REMOTE } from './call-page.ts';
import './deep.ts';

/** A picture that has not changed for so long stands still, in milliseconds. */
const STILL_MS = 400;

declare global {
  /** For each picture of the others: when its frames were shown, in milliseconds since the epoch. */
  function shownFrames(): number[][];
  /** How many pictures of the others were moving, looked at every 50 ms. */
  const movingPictures: { readonly at: number; readonly count: number }[];
}

/** Runs in the page, before any script of its own. */
export function installFrameLog(selector: string, still: number): void {
  const logs = new WeakMap<Element, number[]>();
  const now = (): number => performance.timeOrigin + performance.now();
  const follow = (video: HTMLVideoElement): number[] => {
    const known = logs.get(video);
    if (known !== undefined) return known;
    const log: number[] = [];
    logs.set(video, log);
    const shown = (): void => {
      log.push(now());
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
    return log;
  };
  const all = (): number[][] => (deepQuery(selector) as HTMLVideoElement[]).map(follow);
  const moving: { at: number; count: number }[] = [];
  Object.defineProperty(globalThis, 'shownFrames', { value: all });
  Object.defineProperty(globalThis, 'movingPictures', { value: moving });
  // A tile that comes is followed from its first frames on.
  setInterval(() => {
    const at = now();
    moving.push({ at, count: all().filter((log) => at - (log.at(-1) ?? 0) < still).length });
  }, 50);
}

export const logFrames = (page: Page): Promise<unknown> => page.evaluateOnNewDocument(installFrameLog, REMOTE, STILL_MS);

/**
 * Waits until each of so many others was shown a picture after `since` (milliseconds since the epoch), and returns how much later the
 * last of them was.
 */
export async function framesAfter(page: Page, others: number, since: number, timeout: number): Promise<number> {
  const wanted = (count: number, start: number): number | false => {
    const first = shownFrames().map((log) => log.find((at) => at > start) ?? Number.POSITIVE_INFINITY);
    const last = Math.max(...first);
    return first.length === count && Number.isFinite(last) && last - start;
  };
  const handle = await page.waitForFunction(wanted, { timeout, polling: 20 }, others, since);
  return (await handle.jsonValue()) || 0;
}

/**
 * The longest time since `since` (milliseconds since the epoch) in which fewer than `others` pictures moved; a tile that took the place
 * of another one counts as that one.
 */
export const longestStill = (page: Page, others: number, since: number): Promise<number> =>
  page.evaluate(
    (wanted, start, grace) => {
      let longest = 0;
      let began: number | undefined;
      for (const { at, count } of movingPictures) {
        if (at < start) continue;
        if (count >= wanted) began = undefined;
        // The last frame came a while before it was noticed that no more came.
        else began ??= at - grace;
        if (began !== undefined) longest = Math.max(longest, at - began);
      }
      return longest;
    },
    others,
    since,
    STILL_MS,
  );
