/** What tests ask of a page with an `rtc-room`: its state, its tiles, and what is seen and heard in them. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import './deep.ts';
import { deepAll, movesInPage } from './media-probe.ts';

/** As much of the element as a page's own script uses. */
export interface Room extends HTMLElement {
  readonly state: string;
  readonly peerId: string | undefined;
  readonly peers: readonly { readonly id: string; readonly name: string; readonly link: string; readonly microphone: boolean }[];
  join(): Promise<void>;
  leave(): Promise<void>;
  setMicrophoneEnabled(enabled: boolean): Promise<void>;
}

/** The pictures of the others. */
export const REMOTE = 'rtc-tile:not([local]) >>> video';

/** A room that joins at once. */
export const roomTag = (room: string, name: string, attributes = ''): string =>
  `<rtc-room room="${room}" display-name="${name}" no-prejoin ${attributes}></rtc-room>`;

export async function reaches(page: Page, state: string, timeout = 30_000): Promise<void> {
  const wanted = (name: string): boolean => document.querySelector<Room>('rtc-room')?.state === name;
  await page.waitForFunction(wanted, { timeout, polling: 20 }, state);
}

/** Waits until so many others have a tile with a picture. */
export async function sees(page: Page, others: number, timeout = 30_000): Promise<void> {
  const wanted = (selector: string, count: number): boolean => deepQuery(selector).length === count;
  await page.waitForFunction(wanted, { timeout, polling: 20 }, REMOTE, others);
}

/** The picture of each of the others moves. */
export async function seesMoving(page: Page, others: number, message: string, timeout = 30_000): Promise<void> {
  await sees(page, others, timeout);
  for (const video of await deepAll<HTMLVideoElement>(page, REMOTE)) assert.ok(await video.evaluate(movesInPage, timeout), message);
}

/** What the page says is wrong. */
export const alerts = (page: Page): Promise<string[]> =>
  page.evaluate(() => deepQuery('rtc-room >>> [role=alert]').map((alert) => alert.textContent?.trim() ?? ''));

export const leave = (page: Page): Promise<void> => page.evaluate(() => document.querySelector<Room>('rtc-room')?.leave());

/** The others, as the element lists them. */
export const peersOf = (page: Page): Promise<{ id: string; name: string; link: string }[]> =>
  page.evaluate(() => (document.querySelector<Room>('rtc-room')?.peers ?? []).map(({ id, name, link }) => ({ id, name, link })));
