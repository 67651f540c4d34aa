/**
 * A detector that does what its picture tells it, for tests of the pool: real threads, and nothing by chance. The picture's bytes are shared with the
 * test, which sees through them when its picture is looked at and says when it is to be answered.
 */
import type { Picture } from '../../server-reference/src/vision/detector.ts';

const DEEDS = ['answer', 'throw', 'exit', 'hang', 'loop', 'throw later', 'no list', 'no box', 'not finite'] as const;
export type Deed = (typeof DEEDS)[number];

/** The cells of a picture's bytes, four bytes each. */
const [DEED, BEGUN, OPEN, CLOSED] = [0, 1, 2, 3];

const source = `
let newest;
const face = (x) => [{ box: { x, y: 0, width: 1, height: 1 }, score: 1 }];
const deeds = {
  'answer': async (cells) => { await Atomics.waitAsync(cells, ${OPEN}, 0).value; return face(0.25); },
  'throw': () => { throw new Error('as it was told'); },
  'exit': () => { process.exit(3); },
  'hang': () => new Promise(() => {}),
  'loop': () => { for (;;); },
  'throw later': () => { setImmediate(() => { throw new Error('behind its back'); }); return new Promise(() => {}); },
  'no list': () => 'a face',
  'no box': () => [{ score: 1 }],
  'not finite': () => face(Infinity),
};
export default () => ({
  async detect({ data }) {
    const cells = newest = new Int32Array(data.buffer);
    Atomics.store(cells, ${BEGUN}, 1);
    Atomics.notify(cells, ${BEGUN});
    return deeds[${JSON.stringify(DEEDS)}[cells[${DEED}]]](cells);
  },
  close() {
    if (newest) Atomics.store(newest, ${CLOSED}, 1);
  },
});
`;

/** The address of its module. */
export const STEERED_DETECTOR = moduleOf(source);

/** A module that is written down in the test. */
export function moduleOf(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

export class SteeredPicture {
  readonly picture: Picture;
  readonly #cells = new Int32Array(new SharedArrayBuffer(4 * 4));

  /** An answer waits until it is let go, unless `open`. */
  constructor(deed: Deed = 'answer', open = false) {
    this.#cells[DEED] = DEEDS.indexOf(deed);
    this.#cells[OPEN] = open ? 1 : 0;
    this.picture = { width: 2, height: 2, data: new Uint8Array(this.#cells.buffer) };
  }

  /** Resolves once a detector looks at it. */
  async begun(): Promise<void> {
    await Atomics.waitAsync(this.#cells, BEGUN, 0).value;
  }

  get isBegun(): boolean {
    return Atomics.load(this.#cells, BEGUN) === 1;
  }

  /** Whether the detector that looked at it last has been closed. */
  get isClosed(): boolean {
    return Atomics.load(this.#cells, CLOSED) === 1;
  }

  /** Lets it be answered. */
  letGo(): void {
    Atomics.store(this.#cells, OPEN, 1);
    Atomics.notify(this.#cells, OPEN);
  }
}
