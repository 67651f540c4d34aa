/** A real Firefox with a fake camera and microphone, driven over WebDriver BiDi. */
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findFirefox } from '../../tools/find-program.ts';
import { installDeepQuery } from './deep.ts';

/** For the start of a browser and of a page on a machine that does much else. */
const PATIENCE_MS = 120_000;

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  // As for a user who has let the browser remember the permission: without, it says that it will ask, and nothing goes on by itself.
  'permissions.default.camera': 1,
  'permissions.default.microphone': 1,
  // Sound starts without a tap, as in Chromium's tests.
  'media.autoplay.default': 0,
  // Nothing is asked of the vendor.
  'app.update.auto': false,
  'datareporting.policy.dataSubmissionEnabled': false,
};

export class Firefox {
  readonly browser: Browser;
  /** What pages wrote to the console as an error, and what they threw. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  /** @param env what it finds in its environment besides what is there */
  static async launch({ env = {} }: { env?: Readonly<Record<string, string>> } = {}): Promise<Firefox> {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      env: { ...process.env, ...env },
      executablePath: findFirefox(),
      extraPrefsFirefox: PREFERENCES,
      timeout: PATIENCE_MS,
      protocolTimeout: PATIENCE_MS,
    });
    return new Firefox(browser);
  }

  async open(url: string, before?: (page: Page) => Promise<unknown>): Promise<Page> {
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
    await before?.(page);
    await page.goto(url, { waitUntil: 'load', timeout: PATIENCE_MS });
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/**
 * The highest absolute sample (0 to 1) of what the element's stream carries within `timeoutMs`, once above `enough`. It records and
 * decodes: on a machine without a sound card Firefox starts no AudioContext. Runs in the page.
 */
export async function recordedLoudnessInPage(media: HTMLMediaElement, enough: number, timeoutMs: number): Promise<number> {
  if (!(media.srcObject instanceof MediaStream)) throw new Error('the element plays no stream');
  const voice = new MediaStream(media.srcObject.getAudioTracks());
  const end = performance.now() + timeoutMs;
  let peak = 0;
  while (peak < enough && performance.now() < end) {
    const recorder = new MediaRecorder(voice);
    const pieces: Blob[] = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    recorder.stop();
    await stopped;
    const decoder = new OfflineAudioContext(1, 48_000, 48_000);
    // A piece that a busy browser has recorded nothing of cannot be decoded: nothing was heard in it.
    const sound = await decoder.decodeAudioData(await new Blob(pieces).arrayBuffer()).catch(() => null);
    if (sound === null) continue;
    for (const sample of sound.getChannelData(0)) peak = Math.max(peak, Math.abs(sample));
  }
  return peak;
}
