/** Keeps every stream that camera and microphone gave to a page, so that a test can see which of them are still open. */
import type { Page } from 'puppeteer-core';

/** Runs in the page, before any script of its own. */
export function keepStreams(): void {
  const kept: MediaStream[] = [];
  Object.defineProperty(globalThis, 'keptStreams', { value: kept });
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await ask(constraints);
    kept.push(stream);
    return stream;
  };
}

declare global {
  const keptStreams: MediaStream[];
}

/** The kinds of the tracks that are still open, of a page that {@link keepStreams} was installed in. */
export const openTracks = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    keptStreams
      .flatMap((stream) => stream.getTracks())
      .filter(({ readyState }) => readyState === 'live')
      .map(({ kind }) => kind),
  );
