/** Makes overlays that were asked for by name. */
import { GlasscastError } from '../protocol/errors.ts';
import type { Overlay, OverlayFactory, OverlayRequest } from './overlay.ts';
import { isToHide, type RegisteredOverlay, registeredOverlay } from './overlay-registry.ts';
import { faceContour } from './overlays/face-contour.ts';
import { hideFace } from './overlays/hide-face.ts';
import { watermark } from './overlays/watermark.ts';

const BUILT_IN: Readonly<Record<string, OverlayFactory>> = {
  'face-contour': faceContour,
  'hide-face': hideFace,
  watermark,
};

/** A request with what the page has registered under its name, for where that registry does not reach. */
export interface OverlayOrder extends OverlayRequest, RegisteredOverlay {}

/**
 * Makes the overlays, in order.
 * @param refused is told of each that could not be made, and the others are made all the same; without it the first such error is thrown
 * @throws GlasscastError `invalid` for an unknown name, a module that cannot be loaded, or a factory that makes no overlay or throws
 */
export async function createOverlays(
  orders: readonly OverlayOrder[],
  refused?: (error: GlasscastError, order: OverlayOrder) => void,
): Promise<Overlay[]> {
  const settled = await Promise.allSettled(orders.map(createOverlay));
  const made = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const [index, result] of settled.entries()) {
    const order = orders[index];
    if (result.status === 'fulfilled' || order === undefined) continue;
    if (refused === undefined) {
      for (const overlay of made) overlay.close?.();
      throw result.reason;
    }
    refused(result.reason as GlasscastError, order);
  }
  return made;
}

async function createOverlay(order: OverlayOrder): Promise<Overlay> {
  const { name, options = {} } = order;
  const factory = await factoryOf(order);
  let overlay: Overlay;
  try {
    overlay = await factory(options);
  } catch (cause) {
    if (cause instanceof GlasscastError) throw cause;
    throw new GlasscastError('invalid', `The overlay “${name}” could not be made: ${wordsOf(cause)}`, { cause });
  }
  if (typeof overlay?.draw !== 'function') throw new GlasscastError('invalid', `What makes the overlay “${name}” made nothing that draws.`);
  return overlay.hides !== true && isToHide(order) ? hiding(overlay) : overlay;
}

/** Whoever registered it said what it does not say itself. */
const hiding = (overlay: Overlay): Overlay => ({
  needsFaces: overlay.needsFaces === true,
  looksFirst: overlay.looksFirst === true,
  hides: true,
  appliesTo: (picture) => overlay.appliesTo?.(picture) ?? true,
  draw: (context, picture) => overlay.draw(context, picture),
  close: () => overlay.close?.(),
});

async function factoryOf({ name, module, factory }: OverlayOrder): Promise<OverlayFactory> {
  if (factory !== undefined) return factory;
  if (module !== undefined) return importFactory(name, module);
  const registered = registeredOverlay(name);
  if (registered?.module !== undefined) return importFactory(name, registered.module);
  const known = registered?.factory ?? (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined);
  if (known !== undefined) return known;
  throw new GlasscastError(
    'invalid',
    `There is no overlay “${name}”. There are ${Object.keys(BUILT_IN).join(', ')}, and those that registerOverlay has added.`,
  );
}

async function importFactory(name: string, address: string): Promise<OverlayFactory> {
  let module: { readonly default?: unknown };
  try {
    module = await import(/* @vite-ignore */ address);
  } catch (cause) {
    throw new GlasscastError(
      'invalid',
      `The overlay “${name}” could not be loaded from ${address}. The page's policy has to allow it in script-src, and its site by CORS.`,
      { cause },
    );
  }
  if (typeof module.default !== 'function')
    throw new GlasscastError('invalid', `The module of the overlay “${name}”, ${address}, exports no function as its default.`);
  return module.default as OverlayFactory;
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
