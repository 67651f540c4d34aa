/** Where faces are, or were a moment ago, with room around them. */
import type { Microseconds } from '../../protocol/units.ts';
import type { Box, Face } from '../face.ts';

/** For so long the place of a face that is not found any more stays covered: it may have only turned away. */
const HOLD: Microseconds = 700_000;

/** In shares of the face's own box, which ends at brow, chin and cheeks: hair, ears, a chin that is lifted, and what it moves before it is looked for again. */
const MARGIN = { above: 0.5, below: 0.25, beside: 0.35 } as const;

export function headAround({ x, y, width, height }: Box): Box {
  return {
    x: x - MARGIN.beside * width,
    y: y - MARGIN.above * height,
    width: width * (1 + 2 * MARGIN.beside),
    height: height * (1 + MARGIN.above + MARGIN.below),
  };
}

interface Place {
  readonly box: Box;
  readonly until: Microseconds;
}

export class CoveredPlaces {
  readonly #places = new Map<number, Place>();

  /** The places to cover in the picture of that time, in which these faces are. */
  at(timestamp: Microseconds, faces: readonly Face[]): readonly Box[] {
    this.#expire(timestamp);
    for (const { id, box } of faces) this.#places.set(id, { box: headAround(box), until: timestamp + HOLD });
    return [...this.#places.values()].map(({ box }) => box);
  }

  /** Whether a place is covered still. */
  anyAt(timestamp: Microseconds): boolean {
    this.#expire(timestamp);
    return this.#places.size > 0;
  }

  forget(): void {
    this.#places.clear();
  }

  /** A source that begins anew may count from elsewhere: what was is not there. */
  #expire(timestamp: Microseconds): void {
    for (const [id, { until }] of this.#places) if (timestamp > until || timestamp < until - 2 * HOLD) this.#places.delete(id);
  }
}
