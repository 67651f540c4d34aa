/** Overlays that pages add to ours. One list a page, also where two copies of the SDK are loaded. */
import { GlasscastError } from '../protocol/errors.ts';
import { isName } from '../protocol/name-pattern.ts';
import type { OverlayFactory, OverlayRequest } from './overlay.ts';

/** What a page has registered under a name: the one or the other. */
export interface RegisteredOverlay {
  /** Draws on the page's main thread. */
  readonly factory?: OverlayFactory;
  /** By its absolute address; loaded into the worker that draws, and exports the factory as its default. */
  readonly module?: string;
  /** It is there to hide something, which is known before it is made. */
  readonly hides?: boolean;
}

export interface RegisterOverlayOptions {
  /**
   * It is there to hide something: where it cannot be loaded or made no picture is shown, as where it fails later on. What it says itself, by
   * `Overlay.hides`, is known only once it is made. Default: false.
   */
  readonly hides?: boolean;
}

/** Of those that ship. */
const HIDING: readonly string[] = ['hide-face'];

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
 * @param options what has to be known of it before it is there
 * @throws GlasscastError `invalid` for a name or factory that is none
 */
export function registerOverlay(name: string, factory: OverlayFactory | string | URL, options: RegisterOverlayOptions = {}): void {
  if (!isName(name)) throw new GlasscastError('invalid', `“${name}” is not a name for an overlay: use a-z, 0-9 and -.`);
  const hides = options.hides === true;
  if (typeof factory === 'function') {
    registry().set(name, { factory, hides });
    return;
  }
  if (!URL.canParse(factory, globalThis.location?.href))
    throw new GlasscastError('invalid', `The overlay “${name}” is neither a function nor the address of a module.`);
  registry().set(name, { module: new URL(factory, globalThis.location?.href).href, hides });
}

/** What was registered under the name, if anything. */
export const registeredOverlay = (name: string): RegisteredOverlay | undefined => registry().get(name);

/** Whether what is asked for is there to hide something, as far as that is known before it is made. An order from elsewhere says so itself. */
export const isToHide = ({ name, hides }: OverlayRequest & { readonly hides?: boolean }): boolean =>
  HIDING.includes(name) || (hides ?? registry().get(name)?.hides ?? false);

/** The names that were registered, in that order. */
export const registeredOverlays = (): readonly string[] => [...registry().keys()];
