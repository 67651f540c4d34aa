/**
 * A real Chromium with a fake camera and microphone. Each browser keeps a network log of everything that any of its processes asks
 * for, workers and sockets included; `thirdParties()` reads from it what went to an origin that the test did not name.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { CHROMIUM_ARGS } from '../../tools/chromium-args.ts';
import { findChrome } from '../../tools/find-program.ts';
import { installCellReader } from './clock-camera.ts';
import { installDeepQuery } from './deep.ts';

export interface ChromiumOptions {
  /** An .mjpeg file that becomes the camera; without it, Chromium's own moving picture. */
  readonly camera?: string | undefined;
  readonly args?: readonly string[];
  /** Of the usual arguments, those to leave out: what starts with one of these. */
  readonly without?: readonly string[];
}

/** For the start of a browser and of a page on a machine that does much else. */
const PATIENCE_MS = 120_000;

/** Keeps pages that are not in front at full speed: several of them stand for several people. */
const UNTHROTTLED = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export class Chromium {
  readonly browser: Browser;
  /** What pages wrote to the console as an error, and what they threw. */
  readonly complaints: string[] = [];
  readonly #folder: string;
  #closed = false;

  private constructor(browser: Browser, folder: string) {
    this.browser = browser;
    this.#folder = folder;
  }

  static async launch({ camera, args = [], without = [] }: ChromiumOptions = {}): Promise<Chromium> {
    const folder = await mkdtemp(path.join(tmpdir(), 'glasscast-chromium-'));
    const browser = await puppeteer.launch({
      executablePath: findChrome(),
      userDataDir: path.join(folder, 'profile'),
      args: [
        ...CHROMIUM_ARGS.filter((arg) => !without.some((start) => arg.startsWith(start))),
        ...UNTHROTTLED,
        `--log-net-log=${path.join(folder, 'net.json')}`,
        ...(camera === undefined ? [] : [`--use-file-for-fake-video-capture=${camera}`]),
        ...args,
      ],
      timeout: PATIENCE_MS,
      protocolTimeout: PATIENCE_MS,
    });
    return new Chromium(browser, folder);
  }

  async open(url: string, before?: (page: Page) => Promise<unknown>): Promise<Page> {
    // A window each: a tab behind another one draws nothing.
    const page = await this.browser.newPage({ type: 'window' });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    // A broadcaster asks before its page is left; whoever reloads it in a test means it.
    page.on('dialog', (dialog) => {
      if (dialog.type() === 'beforeunload') void dialog.accept();
    });
    await page.evaluateOnNewDocument(installDeepQuery);
    await page.evaluateOnNewDocument(installCellReader);
    await before?.(page);
    await page.goto(url, { waitUntil: 'load', timeout: PATIENCE_MS });
    return page;
  }

  /** Ends the browser and returns the URLs that its pages asked of any origin but these. */
  async thirdParties(origins: readonly string[]): Promise<string[]> {
    await this.#end();
    const log = JSON.parse(await readFile(path.join(this.#folder, 'net.json'), 'utf8')) as {
      constants: { logEventTypes: Record<string, number> };
      events: { type: number; params?: { url?: string; initiator?: string } }[];
    };
    const start = log.constants.logEventTypes['URL_REQUEST_START_JOB'];
    const hosts = new Set(origins.map((origin) => new URL(origin).host));
    const asked = log.events
      .filter(({ type, params }) => type === start && params?.initiator !== undefined && params.initiator !== 'not an origin')
      .map(({ params }) => params?.url ?? '');
    if (asked.length === 0) throw new Error('The network log holds no request at all: it cannot prove anything.');
    return asked.filter((url) => /^(https?|wss?):/.test(url) && !hosts.has(new URL(url).host));
  }

  async #end(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.browser.close();
  }

  async close(): Promise<void> {
    await this.#end();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
