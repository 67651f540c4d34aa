import type { Milliseconds } from '../../protocol/units.ts';
import type { TimerId, Timers } from '../../workers/worker-timers.ts';
import type { Card } from '../publisher-events.ts';
import { paintCard } from '../scene/card-painter.ts';

/** A recorder writes nothing while nothing changes: the card is drawn again and again. */
const REDRAW: Milliseconds = 200;

/** A track that shows a card. */
export class CardTrack {
  readonly track: MediaStreamTrack;
  readonly #timers: Timers;
  readonly #timer: TimerId;

  constructor(card: Card | null, size: { readonly width: number; readonly height: number }, timers: Timers) {
    this.#timers = timers;
    const canvas = globalThis.document.createElement('canvas');
    canvas.width = size.width;
    canvas.height = size.height;
    const painted = new OffscreenCanvas(size.width, size.height);
    const painter = painted.getContext('2d');
    if (painter !== null) paintCard(painter, card);
    const context = canvas.getContext('2d');
    const draw = (): void => context?.drawImage(painted, 0, 0);
    draw();
    const [track] = canvas.captureStream(1_000 / REDRAW).getVideoTracks();
    if (track === undefined) throw new Error('a canvas has a track');
    this.track = track;
    this.#timer = timers.setInterval(draw, REDRAW);
  }

  close(): void {
    this.#timers.clearInterval(this.#timer);
    this.track.stop();
  }
}
