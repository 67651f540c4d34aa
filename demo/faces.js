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
  const picker = /** @type {HTMLInputElement} */ (event.target);
  const [film] = picker.files ?? [];
  // The same film may be chosen again later.
  picker.value = '';
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
  const ready = byId('ready');
  // Who works without a mouse stays where things happen.
  const hasFocus = ready.contains(document.activeElement);
  ready.hidden = true;
  byId('running').hidden = false;
  if (hasFocus) byId('stop').focus();
}

byId('stop').addEventListener('click', () => {
  if (video.srcObject instanceof MediaStream) for (const track of video.srcObject.getTracks()) track.stop();
  video.srcObject = null;
  video.removeAttribute('src');
  video.load();
  video.controls = false;
  video.classList.remove('mirrored');
  for (const figure of ['faces', 'took', 'rate', 'delegate']) byId(figure).textContent = '–';
  byId('running').hidden = true;
  byId('ready').hidden = false;
  byId('camera').focus();
});

/** What is chosen goes to the element as a page would write it: one attribute, one custom property. */
function apply() {
  const chosen = new FormData(look);
  const names = chosen.getAll('contours').join(' ');
  contours.style.setProperty('--rtc-contour-color', String(chosen.get('color')));
  contours.setAttribute('contours', names);
  byId('chosen').textContent = names;
  byId('none').textContent = names === '' ? 'With none of them chosen the usual ones are drawn: oval, eyes, brows and lips.' : '';
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
  if (!figures || video.readyState === HTMLMediaElement.HAVE_NOTHING) return;
  byId('took').textContent = `${Math.round(figures.took)} ms`;
  byId('rate').textContent = String(Math.round(figures.rate));
  byId('delegate').textContent = figures.delegate === 'GPU' ? 'graphics card' : 'processor';
}, 1000);
