import { VENDOR } from '../../protocol/vendor.ts';
import type { VisionSettings } from '../../vision/overlay.ts';

/** What the attributes of `<face-contour>` ask for, as they stand. */
export interface ContourAttributes {
  readonly model: string | null;
  readonly wasm: string | null;
  readonly maxFaces: number;
  readonly detectRate: number;
  readonly workerUrl: string | null;
}

interface NumberRule {
  readonly attribute: string;
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

export const MAX_FACES: NumberRule = { attribute: 'max-faces', min: 1, max: 10, fallback: 1 };
export const DETECT_RATE: NumberRule = { attribute: 'detect-rate', min: 1, max: 60, fallback: 30 };

/**
 * Where detection finds what it runs on, and how it runs. Numbers that make no sense are warned of and fall back.
 * @param server its origin, asked where the model or the WebAssembly is not named
 * @throws GlasscastError `invalid` where `server` throws it
 */
export function readVision(attributes: ContourAttributes, server: () => string, warn: (message: string) => void): VisionSettings {
  const number = ({ attribute, min, max, fallback }: NumberRule, value: number): number => {
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    warn(`${attribute} must be a number from ${min} to ${max}; using ${fallback}.`);
    return fallback;
  };
  const address = (attribute: string | null, path: string): string =>
    attribute ? new URL(attribute, document.baseURI).href.replace(/\/$/, '') : server() + path;
  const { workerUrl } = attributes;
  return {
    model: address(attributes.model, VENDOR.faceModel),
    wasm: address(attributes.wasm, VENDOR.wasm),
    maxFaces: Math.round(number(MAX_FACES, attributes.maxFaces)),
    detectRate: number(DETECT_RATE, attributes.detectRate),
    ...(workerUrl === null ? {} : { workerUrl: new URL(workerUrl, document.baseURI).href }),
  };
}

/** How contours look; what is left out is the painter's to choose. */
export interface ContourLook {
  readonly contours?: string;
  readonly color?: string;
  readonly width?: number;
}

export function readLook(contours: string | null, style: Pick<CSSStyleDeclaration, 'getPropertyValue'>): ContourLook {
  const color = style.getPropertyValue('--rtc-contour-color').trim();
  const width = Number.parseFloat(style.getPropertyValue('--rtc-contour-width'));
  return {
    ...(contours === null ? {} : { contours }),
    ...(color === '' ? {} : { color }),
    ...(width > 0 ? { width } : {}),
  };
}
