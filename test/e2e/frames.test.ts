/** <rtc-frames> before the real server: what it finds, what it draws, and what it does when things go wrong. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { Chromium } from '../support/chromium.ts';
import { type EmbeddingSite, startEmbeddingSite } from '../support/embedding-page.ts';
import { faceClip } from '../support/face-clip.ts';
import { facePortrait, withoutPortrait } from '../support/face-model.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

interface Result {
  readonly faces: readonly {
    readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
    readonly landmarks?: readonly (readonly [number, number])[];
  }[];
  readonly width: number;
  readonly height: number;
  readonly ms: number;
  readonly roundTrip: number;
}

interface Frames extends HTMLElement {
  readonly state: string;
  readonly result: Result | null;
  readonly counts: { readonly sent: number; readonly answered: number; readonly lost: number };
  readonly encodesIn: string | null;
  start(): Promise<void>;
  stop(): void;
}

/** What the pages' own script hands to tests. */
interface Heard {
  results: Result[];
  errors: string[];
  /** How red the film is, 0 to 1. */
  red(): number;
}

/**
 * Films to look at, on canvases that are played by `<video id="film">`: a portrait in the left or the right half, noise, or a red that grows. Writes
 * down what the elements say.
 */
const script = (portrait: string): string => `
  const heard = { results: [], errors: [], red: () => level };
  globalThis.heard = heard;
  addEventListener('rtc-frame-result', ({ detail }) => heard.results.push(detail));
  addEventListener('rtc-error', ({ detail }) => heard.errors.push(detail.code));
  let level = 0;
  const film = document.querySelector('#film');
  if (film !== null) {
    const picture = new Image();
    if (/left|right/.test(film.title)) {
      picture.src = ${JSON.stringify(portrait)};
      await picture.decode();
    }
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 320 });
    const context = canvas.getContext('2d');
    const paint = {
      left: () => context.drawImage(picture, 0, 0, 320, 320),
      right: () => context.drawImage(picture, 320, 0, 320, 320),
      noise: () => {
        const image = context.createImageData(640, 320);
        for (let at = 0; at < image.data.length; at += 4) {
          for (let channel = 0; channel < 3; channel++) image.data[at + channel] = Math.random() * 255;
          image.data[at + 3] = 255;
        }
        context.putImageData(image, 0, 0);
      },
      red: () => {
        level = (performance.now() / 20_000) % 1;
        context.fillStyle = 'rgb(' + Math.round(level * 255) + ' 0 0)';
        context.fillRect(0, 0, 640, 320);
      },
    };
    const show = () => {
      if (!film.title.startsWith('red')) {
        context.fillStyle = '#889';
        context.fillRect(0, 0, 640, 320);
      }
      paint[film.title]();
    };
    show();
    setInterval(show, 50);
    film.srcObject = canvas.captureStream();
    await film.play();
  }
`;

describe('<rtc-frames>', { timeout: 180_000 }, () => {
  let chromium: Chromium;
  let folder: string;
  let portrait = '';
  let shared: TestServer;
  const ends: (() => Promise<unknown> | unknown)[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'glasscast-frames-'));
    const file = facePortrait();
    if (file !== undefined) portrait = `data:image/png;base64,${(await readFile(file)).toString('base64')}`;
    chromium = await Chromium.launch({ camera: faceClip() });
    shared = await startTestServer({ origins: ['*'] });
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  after(async () => {
    await chromium?.close();
    await shared?.close(0);
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (server: TestServer, body: string): Promise<Page> => {
    const site: EmbeddingSite = await startEmbeddingSite(server.url);
    ends.push(() => site.close());
    const page = await chromium.open(site.page(`${body}<script type="module" src="${site.script(script(portrait))}"></script>`));
    ends.push(() => page.close());
    return page;
  };

  const film = (what: string, attributes = ''): string =>
    `<rtc-frames autostart interval="0.05" ${attributes}><video id="film" title="${what}" muted playsinline></video></rtc-frames>`;

  const states = (page: Page, wanted: string, timeout = 30_000): Promise<unknown> =>
    page.waitForFunction((state) => document.querySelector<Frames>('rtc-frames')?.state === state, { timeout, polling: 20 }, wanted);
  const newest = async (page: Page, more = 1): Promise<Result> => {
    const had = await page.evaluate(() => (globalThis as unknown as { heard: Heard }).heard?.results.length ?? 0);
    const handle = await page.waitForFunction(
      (count) => {
        const { heard } = globalThis as unknown as { heard?: Heard };
        return heard !== undefined && heard.results.length >= count && heard.results.at(-1);
      },
      { timeout: 30_000, polling: 20 },
      had + more,
    );
    return (await handle.jsonValue()) as Result;
  };
  const errors = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { heard: Heard }).heard.errors);
  /** A detector of the test's own, as a file: `detect` is the body of its method. */
  const detector = async (name: string, detect: string): Promise<string> => {
    const file = path.join(folder, `${name}.mjs`);
    await writeFile(file, `export default () => ({ async detect({ width, height, data }) { ${detect} } });`);
    return file;
  };

  describe('with a portrait', { skip: withoutPortrait() }, () => {
    for (const transport of ['channel', 'http', 'multipart']) {
      test(`finds the face where it is, by ${transport}`, async () => {
        const page = await open(shared, film('left', `transport="${transport}" frame-width="488"`));
        const left = await newest(page);
        const [face] = left.faces;
        assert.equal(left.faces.length, 1);
        assert.deepEqual([left.width, left.height], [488, 244]);
        assert.ok(left.roundTrip > left.ms && left.ms > 0, JSON.stringify(left));
        assert.equal(face?.landmarks?.length, 68);
        assert.ok(face && face.box.x > 0 && face.box.x + face.box.width < 0.5, 'in the left half, as the portrait is');
        const inside = face.landmarks?.filter(([x]) => x > face.box.x - 0.05 && x < face.box.x + face.box.width + 0.05).length ?? 0;
        assert.ok(inside > 60, `${inside} of the 68 points are at the box`);
        await page.$eval('#film', (video) => {
          (video as HTMLVideoElement).title = 'right';
        });
        const right = await newest(page, 3);
        const moved = (right.faces[0]?.box.x ?? 0) - face.box.x;
        assert.ok(Math.abs(moved - 0.5) < 0.05, `moved by ${moved}, with the portrait by half a width`);
      });
    }

    test('turns the camera on by its button alone, finds the face in it, and draws over the picture', async () => {
      const page = await open(shared, '<rtc-frames interval="0.1"></rtc-frames>');
      await page.waitForFunction(() => document.querySelector('rtc-frames')?.shadowRoot?.querySelector('button'), { polling: 20 });
      assert.equal(await page.$eval('rtc-frames', (element) => (element as Frames).state), 'idle');
      await page.click('rtc-frames >>> [part="button"]');
      await page.waitForFunction(() => (document.querySelector<Frames>('rtc-frames')?.result?.faces.length ?? 0) > 0, {
        timeout: 30_000,
        polling: 20,
      });
      const drawn = await page.$eval('rtc-frames', (element) => {
        const canvas = element.shadowRoot?.querySelector('canvas') as HTMLCanvasElement;
        const video = element.shadowRoot?.querySelector('video') as HTMLVideoElement;
        const [over, under] = [canvas.getBoundingClientRect(), video.getBoundingClientRect()];
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] as number[] };
        let [sum, count] = [0, 0];
        for (let at = 0; at < data.length; at += 4) {
          if ((data[at + 3] ?? 0) < 128) continue;
          sum += (at / 4) % canvas.width;
          count += 1;
        }
        const box = (element as Frames).result?.faces[0]?.box;
        return {
          apart: Math.abs(over.x - under.x) + Math.abs(over.y - under.y) + Math.abs(over.width - under.width),
          at: sum / count / canvas.width,
          count,
          face: box === undefined ? 0 : box.x + box.width / 2,
        };
      });
      assert.ok(drawn.count > 200, `${drawn.count} pixels are drawn`);
      assert.ok(drawn.apart < 1, `canvas and video are ${drawn.apart} px apart`);
      // The camera is shown as in a mirror, the face in it is not.
      assert.ok(Math.abs(drawn.at - (1 - drawn.face)) < 0.05, JSON.stringify(drawn));
    });
  });

  test('finds nothing in noise, and encodes in a worker', async () => {
    const page = await open(shared, film('noise'));
    const { faces, width } = await newest(page, 3);
    assert.deepEqual(faces, []);
    assert.equal(width, 244);
    assert.equal(await page.$eval('rtc-frames', (element) => (element as Frames).encodesIn), 'worker');
  });

  test('looks at a video elsewhere on the page', async () => {
    const page = await open(
      shared,
      '<video id="film" title="noise" muted></video><rtc-frames for="film" autostart interval="0.05"></rtc-frames>',
    );
    assert.deepEqual((await newest(page)).faces, []);
  });

  test('sends the newest picture to a slow server, and never a second one beside it', async () => {
    const slow = await detector(
      'slow',
      'await new Promise((done) => setTimeout(done, 300)); return [{ score: 1, box: { x: data[0] / 255, y: 0, width: 0.1, height: 0.1 } }];',
    );
    const server = await startTestServer({ origins: ['*'], detector: slow, detectorThreads: 1 });
    ends.push(() => server.close(0));
    const page = await open(server, film('red'));
    await newest(page, 4);
    const ages = await page.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const found: number[] = [];
          addEventListener('rtc-frame-result', (event) => {
            const { faces, roundTrip } = (event as CustomEvent<Result>).detail;
            const { heard } = globalThis as unknown as { heard: Heard };
            // Red begins anew every 20 s.
            const age = ((heard.red() - (faces[0]?.box.x ?? 0) + 1) % 1) * 20_000;
            found.push(age - roundTrip);
            if (found.length === 4) resolve(found);
          });
        }),
    );
    // A step of red lasts 80 ms, and a picture stands for 50 ms.
    for (const age of ages) assert.ok(Math.abs(age) < 400, `taken ${Math.round(age)} ms before it was sent`);
    const { sent, answered } = await page.$eval('rtc-frames', (element) => ({ ...(element as Frames).counts }));
    assert.ok(sent - answered <= 1, `${sent} sent, ${answered} answered`);
  });

  test('sends less often to a server that has too much to do, says so, and goes on', async () => {
    const busy = await detector('busy', 'await new Promise((done) => setTimeout(done, width === 3 ? 400 : 0)); return [];');
    const server = await startTestServer({ origins: ['*'], detector: busy, detectorThreads: 1, maxDetections: 1 });
    ends.push(() => server.close(0));
    const page = await open(server, film('noise', 'transport="http"'));
    await newest(page);
    const { default: sharp } = await import('sharp');
    const tiny = await sharp({ create: { width: 3, height: 3, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const over = new AbortController();
    const pump = async (id: string): Promise<void> => {
      while (!over.signal.aborted) {
        const headers = { 'content-type': 'image/png' };
        await (await fetch(`${server.url}/frames/${id}`, { method: 'POST', body: new Uint8Array(tiny), headers })).arrayBuffer();
      }
    };
    const others = ['one', 'two', 'three'].map(pump);
    await page.waitForFunction(() => (globalThis as unknown as { heard: Heard }).heard.errors.includes('limit'), {
      timeout: 30_000,
      polling: 20,
    });
    const before = await page.$eval('rtc-frames', (element) => (element as Frames).counts.sent);
    assert.match(await page.$eval('rtc-frames', (element) => element.shadowRoot?.querySelector('[role=alert]')?.textContent ?? ''), /busy/);
    over.abort();
    await Promise.all(others);
    await newest(page);
    const during = (await page.$eval('rtc-frames', (element) => (element as Frames).counts.sent)) - before;
    assert.ok(during <= 5, `${during} pictures were sent meanwhile`);
  });

  test('goes on when the server has restarted', async () => {
    const first = await startTestServer({ origins: ['*'] });
    const page = await open(first, film('noise'));
    await newest(page);
    await first.close(0);
    await states(page, 'reconnecting');
    const second = await startTestServer({ origins: ['*'], port: first.port });
    ends.push(() => second.close(0));
    await newest(page);
    await states(page, 'running');
  });

  test('says why in words when it may not send, and stops', async () => {
    const server = await startTestServer({ origins: ['*'], secret: 'a secret that is long enough for HS256 to accept it', public: [] });
    ends.push(() => server.close(0));
    for (const transport of ['channel', 'http']) {
      const page = await open(server, film('noise', `transport="${transport}"`));
      await states(page, 'failed');
      assert.deepEqual(await errors(page), ['unauthorized']);
      assert.match(
        await page.$eval('rtc-frames', (element) => element.shadowRoot?.querySelector('[role=alert]')?.textContent ?? ''),
        /token|allow/,
      );
    }
  });

  test('turns the camera off and forgets the server when it is removed', async () => {
    const page = await open(shared, '<rtc-frames interval="0.05"></rtc-frames>');
    await page.waitForFunction(() => customElements.get('rtc-frames') !== undefined, { polling: 20 });
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const real = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (constraints) => {
        const stream = await real(constraints);
        Object.assign(globalThis, { cameras: stream.getTracks() });
        return stream;
      };
      return document.querySelector<Frames>('rtc-frames')?.start();
    });
    await newest(page);
    await page.evaluate(() => {
      const element = document.querySelector<Frames>('rtc-frames');
      Object.assign(globalThis, { removed: element });
      element?.remove();
    });
    await page.waitForFunction(
      () => (globalThis as unknown as { cameras: MediaStreamTrack[] }).cameras.every(({ readyState }) => readyState === 'ended'),
      { timeout: 30_000, polling: 20 },
    );
    assert.equal(await page.evaluate(() => (globalThis as unknown as { removed: Frames }).removed.state), 'idle');
  });

  test('nothing was complained about', () => {
    assert.deepEqual(
      chromium.complaints.filter((complaint) => !/Failed to load resource|WebSocket connection to/.test(complaint)),
      [],
    );
  });
});
