/**
 * A Chromium of one person's own: with what browsers do to hidden tabs, on a host of a {@link Network}, to be killed as a whole.
 * Others share one, without any throttling: {@link Chromium}.
 */
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { CHROMIUM_ARGS } from '../../tools/chromium-args.ts';
import { findChrome } from '../../tools/find-program.ts';
import { installDeepQuery } from './deep.ts';

/** Puppeteer switches these off for all pages. */
const THROTTLING = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export interface LoneChromiumOptions {
  readonly args?: readonly string[];
  /** What it is run by, for example {@link Host.launcher}. It must replace itself by the command. */
  readonly launcher?: readonly string[];
}

export class LoneChromium {
  readonly browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.browser = browser;
    this.#folder = folder;
  }

  static async launch({ args = [], launcher = [] }: LoneChromiumOptions = {}): Promise<LoneChromium> {
    const folder = await mkdtemp(path.join(tmpdir(), 'glasscast-lone-'));
    const command = path.join(folder, 'chromium');
    const words = [...launcher, findChrome()].map((word) => `'${word}'`).join(' ');
    await writeFile(command, `#!/bin/sh\nexec ${words} "$@"\n`);
    await chmod(command, 0o700);
    const browser = await puppeteer.launch({
      executablePath: command,
      userDataDir: path.join(folder, 'profile'),
      // A port for the debugger would be in the other network.
      pipe: true,
      ignoreDefaultArgs: THROTTLING,
      args: [...CHROMIUM_ARGS, ...args],
      timeout: 120_000,
      protocolTimeout: 120_000,
    });
    return new LoneChromium(browser, folder);
  }

  async open(url: string, before?: (page: Page) => Promise<unknown>): Promise<Page> {
    const page = await this.browser.newPage({ type: 'window' });
    await page.evaluateOnNewDocument(installDeepQuery);
    await before?.(page);
    await page.goto(url, { waitUntil: 'load' });
    return page;
  }

  /** As when the machine loses power, but for the sockets, which the system closes. */
  async kill(): Promise<void> {
    const process = this.browser.process();
    if (process === null || process.exitCode !== null || process.signalCode !== null) return;
    const gone = once(process, 'exit');
    process.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    if (this.browser.connected) await this.browser.close();
    else await this.kill();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
