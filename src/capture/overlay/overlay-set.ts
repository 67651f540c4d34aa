import { createOverlays } from '../../vision/create-overlay.ts';
import type { Overlay } from '../../vision/overlay.ts';
import { isToHide } from '../../vision/overlay-registry.ts';
import type { ResolvedRequest } from './overlay-messages.ts';

interface Chosen {
  readonly request: ResolvedRequest;
  readonly overlay: Overlay;
  /** It stands in for what could not be made. */
  readonly isStandIn?: boolean;
}

/** In the place of what was to hide something: it fails, and nothing is shown. */
const standIn = (): Overlay => ({
  hides: true,
  draw: () => {
    throw new Error('what was to hide something could not be made');
  },
});

const same = (one: ResolvedRequest, other: ResolvedRequest): boolean =>
  one.factory === other.factory &&
  one.module === other.module &&
  one.name === other.name &&
  one.hides === other.hides &&
  JSON.stringify(one.options) === JSON.stringify(other.options);

/** The overlays that are chosen. One that is chosen again as it was lives on. */
export class OverlaySet {
  #chosen: readonly Chosen[] = [];
  #newest = 0;
  #closed = false;

  get overlays(): readonly Overlay[] {
    return this.#chosen.map(({ overlay }) => overlay);
  }

  get needsFaces(): boolean {
    return this.#chosen.some(({ overlay }) => overlay.needsFaces === true);
  }

  get looksFirst(): boolean {
    return this.#chosen.some(({ overlay }) => overlay.needsFaces === true && overlay.looksFirst === true);
  }

  get hides(): boolean {
    return this.#chosen.some(({ overlay }) => overlay.hides === true);
  }

  /**
   * Those before go on until all of the new ones are made. What cannot be made is told and left out; where it was to hide something, nothing is
   * shown.
   * @returns false where a later choice has overtaken this one
   */
  async choose(requests: readonly ResolvedRequest[], failed: (error: unknown) => void): Promise<boolean> {
    const turn = ++this.#newest;
    const before = this.#chosen.filter(({ isStandIn }) => isStandIn !== true);
    const chosen: Chosen[] = [];
    const made = new Set<Overlay>();
    for (const request of requests) {
      const index = before.findIndex((kept) => same(kept.request, request));
      const [kept] = index === -1 ? [] : before.splice(index, 1);
      if (kept !== undefined) chosen.push(kept);
      else {
        try {
          for (const overlay of await createOverlays([request])) {
            made.add(overlay);
            chosen.push({ request, overlay });
          }
        } catch (error) {
          failed(error);
          if (isToHide(request)) chosen.push({ request, overlay: standIn(), isStandIn: true });
        }
      }
    }
    if (this.#closed || turn !== this.#newest) {
      for (const overlay of made) close(overlay, failed);
      return false;
    }
    const stay = new Set(chosen.map(({ overlay }) => overlay));
    const gone = this.overlays.filter((overlay) => !stay.has(overlay));
    this.#chosen = chosen;
    for (const overlay of gone) close(overlay, failed);
    return true;
  }

  close(failed: (error: unknown) => void): void {
    this.#closed = true;
    for (const overlay of this.overlays) close(overlay, failed);
    this.#chosen = [];
  }
}

function close(overlay: Overlay, failed: (error: unknown) => void): void {
  try {
    overlay.close?.();
  } catch (error) {
    failed(error);
  }
}
