/** Overlays that pages add to ours. One list a page, also where two copies of the SDK are loaded. */
import { GlasscastError } from '../protocol/errors.ts';
import { isName } from '../protocol/name-pattern.ts';
import type { OverlayFactory } from './overlay.ts';

/** A function draws on the page's main thread; a module, by its absolute address, is loaded into the worker that draws, and exports the factory as its default. */
export type RegisteredOverlay = OverlayFactory | string;

const REGISTRY = Symbol.for('glasscast.overlays');

function registry(): Map<string, RegisteredOverlay> {
  const scope = globalThis as typeof globalThis & { [REGISTRY]?: Map<string, RegisteredOverlay> };
  scope[REGISTRY] ??= new Map();
  return scope[REGISTRY];
}

/**
 * Adds an overlay that `overlay="name"` then chooses, or replaces one. Elements that already show it go on with what they have.
 * @param name 1 to 63 of `a-z`, `0-9` and `-`
 * @param factory a function, which draws on the page's main thread; or the address of a module whose default export is one, which is loaded
 * into the worker that draws. The page's policy has to allow that address in `script-src`.
 * @throws GlasscastError `invalid` for a name or factory that is none
 */
export function registerOverlay(name: string, factory: OverlayFactory | string | URL): void {
  if (!isName(name)) throw new GlasscastError('invalid', `“${name}” is not a name for an overlay: use a-z, 0-9 and -.`);
  if (typeof factory === 'function') {
    registry().set(name, factory);
    return;
  }
  if (!URL.canParse(factory, globalThis.location?.href))
    throw new GlasscastError('invalid', `The overlay “${name}” is neither a function nor the address of a module.`);
  registry().set(name, new URL(factory, globalThis.location?.href).href);
}

/** What was registered under the name, if anything. */
export const registeredOverlay = (name: string): RegisteredOverlay | undefined => registry().get(name);

/** The names that were registered, in that order. */
export const registeredOverlays = (): readonly string[] => [...registry().keys()];
