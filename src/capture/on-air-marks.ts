import * as v from 'valibot';
import type { Milliseconds } from '../protocol/units.ts';
import { isGranted } from './permissions.ts';
import type { CardText } from './sources/source-choice.ts';
import { wallClock } from './wall-clock.ts';

/** What a page was sending when it was left. */
export interface OnAirMark {
  readonly camera: boolean;
  readonly microphone: boolean;
  /** The microphone was on, and nobody heard it. */
  readonly muted: boolean;
  /** Shown while the broadcast was paused. */
  readonly card: CardText | null;
}

interface StoredMark extends OnAirMark {
  /** When it was set, by the wall clock. */
  readonly at: Milliseconds;
}

/** Who comes back later than this has done something else meanwhile, and does not expect to be seen at once. */
const LASTS: Milliseconds = 120_000;

/**
 * Which streams this tab is live with, so that a page that is reloaded, or comes back after the browser has crashed, goes on air again
 * by itself. Ended broadcasts leave no mark.
 */
export class OnAirMarks {
  readonly #storage: () => Storage;
  readonly #now: () => Milliseconds;

  /** @param storage throws, as `sessionStorage` does, where storing is forbidden: nothing is resumed there */
  constructor(storage: () => Storage = () => sessionStorage, now: () => Milliseconds = wallClock) {
    this.#storage = storage;
    this.#now = now;
  }

  /** To be set again every now and then while on air: it holds for two minutes. */
  set(server: string, stream: string, mark: OnAirMark): void {
    this.#try((storage) => storage.setItem(nameOf(server, stream), JSON.stringify({ ...mark, at: this.#now() })));
  }

  delete(server: string, stream: string): void {
    this.#try((storage) => storage.removeItem(nameOf(server, stream)));
  }

  /**
   * What the page was sending when it was left, if it can do so again without a click: the browser opens the camera, and the microphone
   * where there was one, without a question. A screen or an element is never resumed, since only the user can choose it.
   */
  async resumable(server: string, stream: string): Promise<OnAirMark | null> {
    const stored = this.#read(server, stream);
    if (stored?.camera !== true || Math.abs(this.#now() - stored.at) > LASTS) return null;
    const { at, ...mark } = stored;
    const [camera, microphone] = await Promise.all([isGranted('camera'), !mark.microphone || isGranted('microphone')]);
    return camera && microphone ? mark : null;
  }

  #read(server: string, stream: string): StoredMark | null {
    const text = this.#try((storage) => storage.getItem(nameOf(server, stream)));
    try {
      return text ? v.parse(MarkSchema, JSON.parse(text)) : null;
    } catch {
      // Whatever else the page's own code has put there is no mark.
      return null;
    }
  }

  #try<T>(use: (storage: Storage) => T): T | null {
    try {
      return use(this.#storage());
    } catch {
      // Forbidden or full: the broadcast does not outlive the page.
      return null;
    }
  }
}

const MarkSchema = v.object({
  at: v.number(),
  camera: v.boolean(),
  microphone: v.boolean(),
  muted: v.boolean(),
  card: v.nullable(v.object({ title: v.string(), text: v.string() })),
});

const nameOf = (server: string, stream: string): string => `glasscast.on-air ${server} ${stream}`;
