/** <face-contour> over real videos, with the real model: what is drawn lies on the face, wherever the picture lies. */
import { expect, fixture, html, oneEvent } from '@open-wc/testing';
import type { RtcFacesDetail } from '../../../src/components/face-contour/contour-events.ts';
import type { FaceContour } from '../../../src/components/face-contour/face-contour.ts';
import type { RtcErrorDetail } from '../../../src/ui/events.ts';
import '../../../src/define/face-contour.ts';
import '../../../src/define/hls-viewer.ts';
import { waitUntil } from '../../support/wait-until.ts';

const MODEL = '/test-data/face_landmarker.task';
const PORTRAIT = '/test-data/face.png';
const WASM = '/test-data/tasks-vision';

/** A film of so many pixels, with the portrait as a square in its right half, or without it. */
class Film {
  readonly canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 320 });
  readonly stream: MediaStream;
  readonly #timer: ReturnType<typeof setInterval>;
  shows: HTMLImageElement | null;

  constructor(shows: HTMLImageElement | null) {
    this.shows = shows;
    this.stream = this.canvas.captureStream();
    this.#paint();
    this.#timer = setInterval(() => this.#paint(), 40);
  }

  #paint(): void {
    const context = this.canvas.getContext('2d');
    if (context === null) return;
    context.fillStyle = '#8b93a5';
    context.fillRect(0, 0, 640, 320);
    // Its upper half, where the face is, and large enough for a model that sees pictures at 192 pixels.
    if (this.shows !== null)
      context.drawImage(this.shows, 0.2 * this.shows.width, 0, this.shows.width / 2, this.shows.height / 2, 320, 0, 320, 320);
    // A picture that is the same as the one before is not sent.
    context.fillStyle = `rgb(${performance.now() % 255} 0 0)`;
    context.fillRect(0, 0, 2, 2);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const track of this.stream.getTracks()) track.stop();
  }
}

describe('<face-contour>', () => {
  let portrait: HTMLImageElement;
  const films: Film[] = [];

  const film = (shows: HTMLImageElement | null = portrait): MediaStream => {
    const made = new Film(shows);
    films.push(made);
    return made.stream;
  };

  before(async function () {
    for (const address of [MODEL, PORTRAIT]) {
      const { ok } = await fetch(address, { method: 'HEAD' });
      if (!ok) this.skip();
    }
    portrait = new Image();
    portrait.src = PORTRAIT;
    await portrait.decode();
  });

  afterEach(() => {
    for (const made of films.splice(0)) made.close();
  });

  const canvasOf = (element: FaceContour): HTMLCanvasElement => element.shadowRoot?.querySelector('canvas') as HTMLCanvasElement;

  const isDrawn = (element: FaceContour): boolean => middle(element) !== null;

  /** The middle of what is drawn, in the window; null where nothing is. */
  function middle(element: FaceContour): { x: number; y: number } | null {
    const canvas = canvasOf(element);
    if (canvas.width === 0 || canvas.height === 0) return null;
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
    let [x, y, count] = [0, 0, 0];
    for (let at = 0; at < data.length / 4; at++) {
      if ((data[at * 4 + 3] ?? 0) < 128) continue;
      x += at % canvas.width;
      y += Math.floor(at / canvas.width);
      count += 1;
    }
    if (count < 50) return null;
    const box = canvas.getBoundingClientRect();
    return { x: box.x + (x / count / canvas.width) * box.width, y: box.y + (y / count / canvas.height) * box.height };
  }

  /** Shows the film in a video of that style, inside of the element. */
  const around = async (style: string, stream = film(), attributes: Partial<FaceContour> = {}): Promise<FaceContour> => {
    const element = await fixture<FaceContour>(
      html`<face-contour model=${MODEL} wasm=${WASM} contours="oval"><video muted playsinline style=${style}></video></face-contour>`,
    );
    Object.assign(element, attributes);
    const video = element.querySelector('video') as HTMLVideoElement;
    video.srcObject = stream;
    await video.play();
    return element;
  };

  /** The first that are not none. */
  const faces = async (element: FaceContour): Promise<RtcFacesDetail> => {
    for (;;) {
      const { detail } = (await oneEvent(element, 'rtc-faces')) as CustomEvent<RtcFacesDetail>;
      if (detail.faces.length > 0) return detail;
    }
  };

  it('tells of the face, and draws on it', async () => {
    const element = await around('width: 400px; height: 200px');
    const { faces: found, timestamp } = await faces(element);
    expect(found).to.have.length(1);
    expect(found[0]?.landmarks).to.have.length(478 * 3);
    expect(found[0]?.box.x).to.be.within(0.5, 1);
    expect(performance.now() - timestamp).to.be.within(0, 10_000);
    expect(element.state).to.equal('running');
    expect(element.figures?.took).to.be.greaterThan(0);
  });

  // Where the middle of the face lies in the portrait is the model's to say; how the picture lies is CSS's.
  const PLACES: readonly [name: string, style: string, place: (x: number, y: number) => { x: number; y: number }][] = [
    ['letterboxed', 'width: 400px; height: 400px; object-fit: contain', (x, y) => ({ x: x * 400, y: 100 + y * 200 })],
    ['cut at its sides', 'width: 300px; height: 200px; object-fit: cover', (x, y) => ({ x: x * 400 - 50, y: y * 200 })],
    ['stretched', 'width: 300px; height: 400px; object-fit: fill', (x, y) => ({ x: x * 300, y: y * 400 })],
    ['at a corner', 'width: 400px; height: 300px; object-position: 0 100%', (x, y) => ({ x: x * 400, y: 100 + y * 200 })],
    ['framed', 'width: 440px; height: 240px; padding: 15px; border: 5px solid', (x, y) => ({ x: 20 + x * 400, y: 20 + y * 200 })],
    ['mirrored', 'width: 400px; height: 200px; transform: scaleX(-1)', (x, y) => ({ x: (1 - x) * 400, y: y * 200 })],
  ];
  it('draws on the face, however the picture lies', async () => {
    const element = await around('width: 400px');
    const video = element.querySelector('video') as HTMLVideoElement;
    for (const [name, style, place] of PLACES) {
      video.style.cssText = `box-sizing: border-box; ${style}`;
      // Those of a picture that is shown after the change.
      await faces(element);
      const box = (await faces(element)).faces[0]?.box;
      const wanted = place((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
      await new Promise(requestAnimationFrame);
      const { x, y } = video.getBoundingClientRect();
      const drawn = middle(element);
      expect((drawn?.x ?? 0) - x, `${name}: across`).to.be.closeTo(wanted.x, 12);
      expect((drawn?.y ?? 0) - y, `${name}: down`).to.be.closeTo(wanted.y, 12);
    }
  });

  it('draws nothing without a face, and says once when the last one is gone', async () => {
    const element = await around('width: 400px');
    await faces(element);
    await waitUntil(() => isDrawn(element), 'something is drawn');
    const told: number[] = [];
    element.addEventListener('rtc-faces', (event) => told.push((event as CustomEvent<RtcFacesDetail>).detail.faces.length));
    for (const made of films) made.shows = null;
    await waitUntil(() => told.includes(0), 'the face is gone');
    expect(isDrawn(element)).to.equal(false);
    const { figures } = element;
    await waitUntil(() => element.figures !== figures && told.at(-1) === 0, 'it looks on');
    expect(told.filter((count) => count === 0)).to.have.length(1);
  });

  it('finds the face in a video that is paused', async () => {
    const element = await around('width: 400px');
    element.querySelector('video')?.pause();
    await waitUntil(() => isDrawn(element), 'something is drawn');
  });

  it('draws over the video inside of a viewer, and over one elsewhere on the page', async () => {
    const page = await fixture(html`
      <div>
        <face-contour id="inside" model=${MODEL} wasm=${WASM}><hls-viewer muted style="inline-size: 400px"></hls-viewer></face-contour>
        <face-contour id="elsewhere" for="far" model=${MODEL} wasm=${WASM}></face-contour>
        <div style="position: relative; margin: 30px 0 0 50px"><video id="far" muted playsinline style="width: 300px"></video></div>
      </div>
    `);
    const viewer = page.querySelector('hls-viewer');
    const videos = [viewer?.nativeEl, page.querySelector<HTMLVideoElement>('#far')];
    for (const video of videos) {
      if (!video) throw new Error('there is a video');
      video.srcObject = film();
      await video.play();
    }
    for (const [index, id] of ['inside', 'elsewhere'].entries()) {
      const element = page.querySelector<FaceContour>(`#${id}`) as FaceContour;
      element.scrollIntoView();
      await waitUntil(() => isDrawn(element), `${id}: something is drawn`);
      const [over, under] = [canvasOf(element).getBoundingClientRect(), videos[index]?.getBoundingClientRect()];
      expect([over.x, over.y, over.width].map(Math.round), id).to.deep.equal(
        [under?.x ?? 0, under?.y ?? 0, under?.width ?? 0].map(Math.round),
      );
    }
  });

  it('has nothing to look at once the film is taken away, and looks at the next', async () => {
    const element = await around('width: 400px; height: 200px');
    await faces(element);
    const video = element.querySelector('video') as HTMLVideoElement;
    video.srcObject = null;
    await waitUntil(() => element.state === 'idle', 'it is idle');
    expect(isDrawn(element)).to.equal(false);
    video.srcObject = film();
    await video.play();
    await faces(element);
    expect(element.state).to.equal('running');
  });

  it('rests while it is out of sight', async () => {
    const element = await around('width: 400px');
    await faces(element);
    element.style.marginBlockStart = '5000px';
    await waitUntil(() => element.state === 'idle', 'it rests');
    let told = 0;
    element.addEventListener('rtc-faces', () => told++);
    const video = element.querySelector('video') as HTMLVideoElement;
    for (let pictures = 0; pictures < 5; pictures++) await new Promise((shown) => video.requestVideoFrameCallback(shown));
    expect(told).to.equal(0);
    element.style.marginBlockStart = '';
    await faces(element);
    expect(element.state).to.equal('running');
  });

  it('says in words that the model is missing, and the video plays on', async () => {
    const told = oneEvent(window, 'rtc-error') as Promise<CustomEvent<RtcErrorDetail>>;
    const element = await around('width: 400px', film(), { model: '/no-such-model.task' });
    const { detail } = await told;
    expect(detail.code).to.equal('model-missing');
    await element.updateComplete;
    const alert = element.shadowRoot?.querySelector('[role=alert]');
    expect(alert?.textContent).to.contain('npm run models');
    expect(element.querySelector('video')?.paused).to.equal(false);
    expect(element.state).to.equal('failed');
    await expect(element).to.be.accessible();
    element.model = MODEL;
    await faces(element);
    expect(element.shadowRoot?.querySelector('[role=alert]')).to.equal(null);
  });

  it('yields a stream with the contours in its picture, and the sound', async () => {
    const stream = film();
    const sound = new AudioContext();
    for (const track of sound.createMediaStreamDestination().stream.getAudioTracks()) stream.addTrack(track);
    const element = await around('width: 400px', stream);
    element.style.setProperty('--rtc-contour-color', '#00ff00');
    element.contours = 'oval lips brows mesh';
    const captured = await element.captureStream();
    expect(await element.captureStream()).to.equal(captured);
    await waitUntil(() => captured.getAudioTracks().length === 1, 'there is sound');
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = captured;
    await video.play();
    const canvas = new OffscreenCanvas(640, 320);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const greens = (): number => {
      context?.drawImage(video, 0, 0, 640, 320);
      const data = context?.getImageData(0, 0, 640, 320).data ?? new Uint8ClampedArray();
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
        if (green > 150 && red < 110 && blue < 110) count += 1;
      }
      return count;
    };
    await waitUntil(() => greens() > 100, 'contours are in the picture');
    element.remove();
    await waitUntil(() => captured.getVideoTracks().every(({ readyState }) => readyState === 'ended'), 'it ends with the element');
    await sound.close();
  });
});
