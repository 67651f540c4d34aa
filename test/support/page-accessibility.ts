/** What a page owes to people who do not see it, or have no mouse: measured in the page itself, through all shadow trees. */
import { readFile } from 'node:fs/promises';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'puppeteer-core';
import './deep.ts';

/** How a page is looked at. */
interface Look {
  readonly scheme: 'light' | 'dark';
  /** Arabic, from right to left. */
  readonly mirrored: boolean;
  /** Width of the window, in CSS pixels. */
  readonly width: number;
}

/** Light and dark, in both directions, on a phone and on a desk. */
const LOOKS: readonly Look[] = [1280, 390].flatMap((width) =>
  [false, true].flatMap((mirrored) => (['light', 'dark'] as const).map((scheme) => ({ scheme, mirrored, width }))),
);

const AXE = await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

const REPORT: RunOptions = { resultTypes: ['violations'], preload: false, iframes: false };
/** All rules but those that are experimental. */
const ALL_RULES: RunOptions = { ...REPORT, rules: { 'target-size': { enabled: true } } };
const COLOURS: RunOptions = { ...REPORT, runOnly: ['color-contrast', 'link-in-text-block'] };

/** Shows the page so, without motion, and waits until it is drawn in the language. */
async function wear(page: Page, { scheme, mirrored, width }: Look): Promise<void> {
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  if (page.viewport()?.width !== width) await page.setViewport({ width, height: 800 });
  await page.evaluate((arabic) => {
    const { documentElement: root } = document;
    root.lang = arabic ? 'ar' : 'en';
    root.dir = arabic ? 'rtl' : 'ltr';
  }, mirrored);
  const isDrawn = (arabic: boolean): boolean => {
    const words = deepQuery('button').map((button) => button.ariaLabel ?? button.textContent ?? '');
    return words.length === 0 || words.some((text) => /\p{Script=Arabic}/u.test(text)) === arabic;
  };
  await page.waitForFunction(isDrawn, { timeout: 5000, polling: 20 }, mirrored);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** What axe-core finds wrong, one line for each element. */
async function violations(page: Page, rules: RunOptions): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const run = (options: RunOptions): Promise<AxeResults> =>
    (globalThis as unknown as { axe: { run(root: Document, how: RunOptions): Promise<AxeResults> } }).axe.run(document, options);
  const found = (await page.evaluate(run, rules)).violations;
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}

/** What can be pressed or written in and is shown, but is smaller than 24 by 24 CSS pixels. Links within a text may be as it is. */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    deepQuery('button, a[href], input, select, textarea, [tabindex="0"]').flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      if (
        !element.checkVisibility({ visibilityProperty: true }) ||
        getComputedStyle(element).display === 'inline' ||
        (width >= 24 && height >= 24)
      )
        return [];
      return [`${element.localName} “${element.ariaLabel ?? element.textContent?.trim()}” is ${width} by ${height}`];
    }),
  );

/** All that is wrong with the page in any of the looks; the first look comes back at the end. */
export async function faults(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const look of LOOKS) {
    await wear(page, look);
    // The dark differs in its colours alone.
    const wrong = look.scheme === 'dark' ? await violations(page, COLOURS) : await violations(page, ALL_RULES);
    wrong.push(...(await smallTargets(page)));
    found.push(...wrong.map((fault) => `${look.scheme}, ${look.mirrored ? 'Arabic' : 'English'}, ${look.width} px: ${fault}`));
  }
  const [first] = LOOKS;
  if (first) await wear(page, first);
  return found;
}

export interface TabStop {
  /** Tag and class. */
  readonly element: string;
  readonly name: string;
  /** Width of the outline in CSS pixels; 0 where there is none. */
  readonly outline: number;
  /** What is in front of it: tag and class. */
  readonly covered: string | null;
}

/** Presses Tab once around the page, and tells where the focus has been. */
export async function tabStops(page: Page): Promise<TabStop[]> {
  await page.bringToFront();
  await page.evaluate(() => {
    Object.assign(globalThis, { visited: new Set<Element>() });
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (element instanceof HTMLElement) element.blur();
  });
  const stops: TabStop[] = [];
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate((): TabStop | null => {
      const { visited } = globalThis as unknown as { visited: Set<Element> };
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (element === null || element === document.body) return { element: 'body', name: '', outline: -1, covered: null };
      if (visited.has(element)) return null;
      visited.add(element);
      const widthOf = ({ outlineStyle, outlineWidth }: CSSStyleDeclaration): number =>
        outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
      const name = element.ariaLabel ?? element.getAttribute('name') ?? element.textContent?.trim() ?? '';
      const box = element.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      let front = document.elementFromPoint(x, y);
      while (front?.shadowRoot && front !== element) {
        const inner = front.shadowRoot.elementFromPoint(x, y);
        if (inner === null || inner === front) break;
        front = inner;
      }
      const around = (inner: Element | null): Element[] => {
        if (inner === null) return [];
        const root = inner.getRootNode();
        return [inner, ...around(inner.assignedSlot ?? inner.parentElement ?? (root instanceof ShadowRoot ? root.host : null))];
      };
      const isFree = front !== null && (around(front).includes(element) || around(element).includes(front));
      return {
        covered: isFree ? null : `${front?.localName}.${front?.className}`,
        element: `${element.localName}.${element.className}`,
        name,
        outline: Math.max(widthOf(getComputedStyle(element)), widthOf(getComputedStyle(element, '::after'))),
      };
    });
    if (stop === null) return stops;
    if (stop.outline >= 0) stops.push(stop);
  }
  throw new Error('the keyboard does not get around the page');
}

/** What is shown and can be used, and was no stop on the way of {@link tabStops}. */
export const unreached = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const { visited } = globalThis as unknown as { visited: Set<Element> };
    return deepQuery('button, a[href], input, select, textarea')
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled') && !visited.has(element))
      .map((element) => element.ariaLabel ?? element.getAttribute('name') ?? element.textContent?.trim() ?? '');
  });

/** From now on keeps what live regions say, with how urgent it is: `polite: Ana joined`. */
export const listen = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const heard: string[] = [];
    const observed = new Set<Element>();
    const say = (region: Element, text: string): void => {
      if (text.trim() === '') return;
      const urgent = region.role === 'alert' || region.ariaLive === 'assertive';
      heard.push(`${urgent ? 'assertive' : 'polite'}: ${text.replace(/\s+/g, ' ').trim()}`);
    };
    const isLive = (region: Element): boolean => region.ariaLive !== 'off';
    const watch = (region: Element): void => {
      if (observed.has(region)) return;
      observed.add(region);
      new MutationObserver((records) => {
        if (!isLive(region)) return;
        // A log says what was added to it, other regions all that they hold.
        const added = records.flatMap(({ addedNodes }) => [...addedNodes].filter((node) => node instanceof Element));
        if (region.role === 'log') for (const node of added) say(region, node.textContent ?? '');
        else say(region, region.textContent ?? '');
      }).observe(region, { childList: true, characterData: true, subtree: true });
    };
    const look = (): void => {
      for (const region of deepQuery('[aria-live], [role=status], [role=alert], [role=log]')) {
        // An alert is read when it appears.
        if (region.role === 'alert' && !observed.has(region) && observed.size > 0) say(region, region.textContent ?? '');
        watch(region);
      }
      requestAnimationFrame(look);
    };
    look();
    Object.assign(globalThis, { heard });
  });

/** What was said since the last call. */
export const heard = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.splice(0));

/** From now on looks at every frame for what is animated; what is returned stops that, and says what was. */
export async function watchMotion(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const motion = { seen: new Set<string>(), on: true };
    const look = (): void => {
      for (const element of deepQuery('*')) {
        const moves = element.getAnimations().some(({ playState }) => playState === 'running');
        if (moves) motion.seen.add(`${element.localName}.${element.className}`);
      }
      if (motion.on) requestAnimationFrame(look);
    };
    look();
    Object.assign(globalThis, { motion });
  });
  return () =>
    page.evaluate(() => {
      const { motion } = globalThis as unknown as { motion: { seen: Set<string>; on: boolean } };
      motion.on = false;
      return [...motion.seen];
    });
}
