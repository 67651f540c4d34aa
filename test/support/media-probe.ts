/**
 * What a person would see and hear on a page, read from pixels and samples. The functions named `…InPage` run in the page, so they
 * use nothing from outside themselves.
 */
import type { ElementHandle, Page } from 'puppeteer-core';
import './deep.ts';

/** All elements of the page that match, open shadow roots included. The page was opened by {@link Chromium.open}. */
export async function deepAll<E extends Element>(page: Page, selector: string): Promise<ElementHandle<E>[]> {
  const list = await page.evaluateHandle((wanted) => deepQuery(wanted), selector);
  const handles = [...(await list.getProperties()).values()].map((handle) => handle.asElement());
  return handles.filter((handle): handle is ElementHandle<E> => handle !== null);
}

/** The first that matches, once there is one. */
export async function deepOne<E extends Element>(page: Page, selector: string, timeout = 30_000): Promise<ElementHandle<E>> {
  await page.waitForFunction((wanted) => deepQuery(wanted).length > 0, { timeout }, selector);
  const [first] = await deepAll<E>(page, selector);
  if (first === undefined) throw new Error(`${selector} has gone again`);
  return first;
}

/** Waits until pictures of the video differ from each other in a visible number of pixels; false after `timeoutMs`. */
export function movesInPage(video: HTMLVideoElement, timeoutMs: number): Promise<boolean> {
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 48;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no 2d context');
  let first: Uint8ClampedArray | undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    const look = (): void => {
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let changed = 0;
      if (first) for (let i = 0; i < data.length; i += 4) if (Math.abs((data[i] ?? 0) - (first[i] ?? 0)) > 12) changed++;
      first ??= data;
      // A fiftieth of the picture: far above what compression noise does to a still.
      if (changed > (canvas.width * canvas.height) / 50) {
        clearTimeout(timer);
        resolve(true);
      } else {
        video.requestVideoFrameCallback(look);
      }
    };
    video.requestVideoFrameCallback(look);
  });
}

/** Resolves with the frames that the video has shown, once there are so many or the time is over. */
export function shownInPage(video: HTMLVideoElement, enough: number, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    let count = 0;
    const timer = setTimeout(() => resolve(count), timeoutMs);
    const look = (): void => {
      if (++count < enough) {
        video.requestVideoFrameCallback(look);
        return;
      }
      clearTimeout(timer);
      resolve(count);
    };
    video.requestVideoFrameCallback(look);
  });
}

/** The highest absolute sample (0 to 1) heard from the element's stream or its own output within `timeoutMs`, once above `enough`. */
export async function loudnessInPage(media: HTMLMediaElement, enough: number, timeoutMs: number): Promise<number> {
  const context = new AudioContext();
  await context.resume();
  const stream =
    media.srcObject instanceof MediaStream
      ? media.srcObject
      : (media as HTMLMediaElement & { captureStream(): MediaStream }).captureStream();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const end = performance.now() + timeoutMs;
  let peak = 0;
  while (peak < enough && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  await context.close();
  return peak;
}
