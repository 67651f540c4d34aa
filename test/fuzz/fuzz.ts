/** Gives targets so many damaged inputs, and counts what they do not survive. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mutate } from './mutate.ts';
import { SeededRandom } from './seeded-random.ts';
import type { FuzzTarget } from './targets.ts';

export interface FuzzCrash {
  readonly target: string;
  /** Of this one input: `--inputs 1 --seed` it, `--target` the name. */
  readonly seed: number;
  readonly error: string;
}

export interface FuzzReport {
  readonly inputs: number;
  /** Seconds. */
  readonly duration: number;
  readonly crashes: readonly FuzzCrash[];
  /** Bytes after a tenth of the inputs, and after all of them, behind a collection of garbage each. */
  readonly memory: { readonly early: number; readonly late: number };
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly progress?: (inputs: number, crashes: number) => void;
}

/** What one input may take; a reader that loops is as bad as one that throws. */
const LONGEST_INPUT = 2_000;
const MOST_CRASHES = 50;
const PROGRESS = 50_000;

export async function fuzz(targets: readonly FuzzTarget[], { inputs, seed, progress }: FuzzOptions): Promise<FuzzReport> {
  const began = performance.now();
  const shares = targets.flatMap((target) => Array.from({ length: target.share }, () => target));
  const crashes: FuzzCrash[] = [];
  let early = 0;
  let done = 0;
  while (done < inputs && crashes.length < MOST_CRASHES) {
    const own = (seed + done) >>> 0;
    const random = new SeededRandom(own);
    const target = random.pick(shares);
    const bytes = mutate(random.pick(target.originals), random);
    const start = performance.now();
    try {
      await target.run(bytes, random);
      const took = performance.now() - start;
      if (took > LONGEST_INPUT) throw new Error(`took ${Math.round(took)} ms`);
    } catch (error) {
      crashes.push({ target: target.name, seed: own, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    done++;
    if (done === Math.ceil(inputs / 10)) early = usedBytes();
    if (done % PROGRESS === 0) progress?.(done, crashes.length);
  }
  const duration = (performance.now() - began) / 1000;
  return { inputs: done, duration, crashes, memory: { early, late: usedBytes() } };
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
