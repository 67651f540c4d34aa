import { byId, offerCopy } from './page.js';

/**
 * @typedef {{ delegate: string, took: number, rate: number }} Figures
 * @typedef {HTMLElement & { figures: Figures | null }} FaceContour
 */

const video = /** @type {HTMLVideoElement} */ (byId('picture'));
const contours = /** @type {FaceContour} */ (byId('contours'));
const look = /** @type {HTMLFormElement} */ (byId('look'));
const said = byId('said');

const REFUSED = {
  NotAllowedError: 'The camera is blocked. Allow it in the address bar, then try again.',
  NotFoundError: 'No camera was found. Connect one, or open a film.',
  NotReadableError: 'Another program is using the camera. Close it, or open a film.',
};

byId('camera').addEventListener('click', async () => {
  said.textContent = '';
  if (navigator.mediaDevices === undefined) {
    said.textContent = 'Browsers give the camera to https pages and to this computer’s own localhost alone. A film works here too.';
    return;
  }
  try {
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
    video.srcObject = camera;
    video.classList.add('mirrored');
    await begin();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    said.textContent = REFUSED[/** @type {keyof typeof REFUSED} */ (name)] ?? `The camera could not be opened: ${error}`;
  }
});

byId('film').addEventListener('change', async (event) => {
  const [film] = /** @type {HTMLInputElement} */ (event.target).files ?? [];
  if (film === undefined) return;
  said.textContent = '';
  video.src = URL.createObjectURL(film);
  video.controls = true;
  try {
    await begin();
  } catch {
    said.textContent = 'This browser cannot play that film. Try an MP4 or a WebM.';
  }
});

async function begin() {
  await video.play();
  byId('ready').hidden = true;
}

/** What is chosen goes to the element as a page would write it: one attribute, one custom property. */
function apply() {
  const chosen = new FormData(look);
  const names = chosen.getAll('contours').join(' ');
  contours.style.setProperty('--rtc-contour-color', String(chosen.get('color')));
  contours.setAttribute('contours', names);
  byId('chosen').textContent = names;
}

look.addEventListener('change', apply);
apply();
offerCopy(byId('snippet'));

contours.addEventListener('rtc-error', (event) => {
  const { code } = /** @type {CustomEvent<{ code: string }>} */ (event).detail;
  byId('missing').hidden = code !== 'model-missing';
});

contours.addEventListener('rtc-faces', (event) => {
  const { faces } = /** @type {CustomEvent<{ faces: readonly unknown[] }>} */ (event).detail;
  const count = String(faces.length);
  const shown = byId('faces');
  if (shown.textContent !== count) shown.textContent = count;
});

setInterval(() => {
  const { figures } = contours;
  if (!figures) return;
  byId('took').textContent = `${Math.round(figures.took)} ms`;
  byId('rate').textContent = String(Math.round(figures.rate));
  byId('delegate').textContent = figures.delegate === 'GPU' ? 'graphics card' : 'processor';
}, 1000);
