/** What the attributes `overlay` and `overlay-options` ask for. Loaded with the first overlay. */
import type { OverlaySettings } from '../capture/sources/overlaid-picture.ts';
import { VENDOR } from '../protocol/vendor.ts';
import type { OverlayRequest, VisionSettings } from '../vision/overlay.ts';
import { drawnHere } from './overlay-names.ts';

/** An element whose picture can be drawn on. */
export interface OverlayAttributes {
  /** Names of overlays, separated by spaces, in the order in which they are drawn. */
  readonly overlay: string | null;
  /** JSON: options by the overlay's name. */
  readonly overlayOptions: string | null;
}

/** Every face is to be hidden; MediaPipe looks for so many at once. */
const MANY_FACES = 10;

type Options = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Options => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Never throws: what is no JSON is warned of, and every overlay then takes its defaults.
 * @param style of the element: `--rtc-contour-color` and `--rtc-contour-width` are for contours
 * @param server its origin; null where nothing says it, and options have to say where the model is
 */
export function readOverlays(
  { overlay, overlayOptions }: OverlayAttributes,
  style: Pick<CSSStyleDeclaration, 'getPropertyValue'>,
  server: string | null,
  warn: (message: string) => void,
): OverlaySettings {
  const all = parse(overlayOptions, warn);
  const overlays = drawnHere(overlay).map((name): OverlayRequest => {
    const own = all[name];
    if (own !== undefined && !isObject(own)) warn(`overlay-options: what it holds for ${name} is no object; its defaults are used`);
    // A worker would look for it beside its own script.
    const image = addressOf(isObject(own) ? own['image'] : undefined);
    const options = {
      ...(name === 'face-contour' ? looksOf(style) : {}),
      ...(isObject(own) ? own : {}),
      ...(image === null ? {} : { image }),
    };
    return { name, options };
  });
  return { overlays, vision: visionOf(overlays, server), ...workerOf(all) };
}

function parse(text: string | null, warn: (message: string) => void): Options {
  if (text === null || text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return parsed;
  } catch {
    // Said below.
  }
  warn('overlay-options is no JSON object; the defaults are used');
  return {};
}

function looksOf(style: Pick<CSSStyleDeclaration, 'getPropertyValue'>): Options {
  const color = style.getPropertyValue('--rtc-contour-color').trim();
  const width = Number.parseFloat(style.getPropertyValue('--rtc-contour-width'));
  return { ...(color === '' ? {} : { color }), ...(width > 0 ? { width } : {}) };
}

/** One detection serves all overlays: what the first of them says of it counts. */
function visionOf(overlays: readonly OverlayRequest[], server: string | null): VisionSettings {
  const first = (name: string): unknown => overlays.map(({ options }) => options?.[name]).find((value) => value !== undefined);
  const address = (name: string, fallback: string): string => addressOf(first(name)) ?? fallback;
  const number = (name: string, least: number, most: number): number | undefined => {
    const value = first(name);
    return typeof value === 'number' && value >= least && value <= most ? value : undefined;
  };
  const detectRate = number('detectRate', 1, 60);
  const maxFaces = number('maxFaces', 1, MANY_FACES) ?? (overlays.some(({ name }) => name === 'hide-face') ? MANY_FACES : undefined);
  const workerUrl = addressOf(first('workerUrl'));
  return {
    model: address('model', `${server ?? ''}${VENDOR.faceModel}`),
    wasm: address('wasm', `${server ?? ''}${VENDOR.wasm}`).replace(/\/$/, ''),
    ...(detectRate === undefined ? {} : { detectRate }),
    ...(maxFaces === undefined ? {} : { maxFaces }),
    ...(workerUrl === null ? {} : { workerUrl }),
  };
}

/** Beside the overlays' own: where the worker that draws is, for pages that forbid `blob:`. */
function workerOf(all: Options): Pick<OverlaySettings, 'workerUrl'> {
  const workerUrl = addressOf(all['workerUrl']);
  return workerUrl === null ? {} : { workerUrl };
}

const addressOf = (value: unknown): string | null =>
  typeof value === 'string' && URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI).href : null;
