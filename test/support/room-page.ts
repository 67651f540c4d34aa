/** What a test does with an `rtc-room` on a page. */
import type { Page } from 'puppeteer-core';
import type { RtcRoom } from '../../src/components/rtc-room/rtc-room.ts';

export const roomTag = (room: string, attributes = 'no-prejoin'): string => `<rtc-room room="${room}" ${attributes}></rtc-room>`;

/** Waits until the call is in the state. */
export async function reaches(page: Page, state: RtcRoom['state'], timeout = 30_000): Promise<void> {
  const wanted = (name: string): boolean => document.querySelector<RtcRoom>('rtc-room')?.state === name;
  await page.waitForFunction(wanted, { timeout, polling: 20 }, state);
}

/** Waits until so many elements match. */
export async function counts(page: Page, selector: string, count: number, timeout = 30_000): Promise<void> {
  const wanted = (path: string, number: number): boolean => deepQuery(path).length === number;
  await page.waitForFunction(wanted, { timeout, polling: 20 }, selector, count);
}

/** Waits for words in an element that matches, and returns all of its text. */
export async function words(page: Page, selector: string, part: string, timeout = 30_000): Promise<string> {
  const wanted = (path: string, text: string): string | false =>
    deepQuery(path)
      .map((element) => element.textContent?.trim() ?? '')
      .find((content) => content.includes(text)) ?? false;
  const handle = await page.waitForFunction(wanted, { timeout, polling: 20 }, selector, part);
  return (await handle.jsonValue()) || '';
}

/** Calls a method of the page's room, and resolves with the code of the failure, or null. */
export function call<
  M extends 'sendMessage' | 'kick' | 'startScreenShare' | 'stopScreenShare' | 'switchDevice' | 'leave' | 'join' | 'setMicrophoneEnabled',
>(page: Page, method: M, ...args: Parameters<RtcRoom[M]>): Promise<string | null> {
  return page.evaluate(
    async (name, given) => {
      const room = document.querySelector('rtc-room') as unknown as Record<string, (...args: unknown[]) => unknown>;
      try {
        await room[name]?.(...given);
        return null;
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    },
    method as string,
    args as unknown[],
  );
}

/** The label, name or text of what has the keyboard's focus, through all shadow trees. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute('aria-label') ?? element?.getAttribute('name') ?? element?.textContent?.trim() ?? '';
  });
