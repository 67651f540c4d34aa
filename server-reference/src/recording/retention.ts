/** Which recordings have to go. Those that are being made are never among them; their bytes count. */
import type { Bytes, Milliseconds } from '../../../src/protocol/index.ts';

interface Kept {
  readonly startedAt: Milliseconds;
  readonly endedAt: Milliseconds | null;
  readonly bytes: Bytes;
}

/** The oldest first. */
export function tooMuch<T extends Kept>(
  recordings: readonly T[],
  live: Bytes,
  now: Milliseconds,
  { maxAge, maxSize }: { readonly maxAge: Milliseconds | null; readonly maxSize: Bytes | null },
): T[] {
  const oldestFirst = [...recordings].sort((a, b) => a.startedAt - b.startedAt);
  let bytes = oldestFirst.reduce((sum, recording) => sum + recording.bytes, live);
  return oldestFirst.filter((recording) => {
    const tooOld = maxAge !== null && now - (recording.endedAt ?? recording.startedAt) > maxAge;
    const tooBig = maxSize !== null && bytes > maxSize;
    if (tooOld || tooBig) bytes -= recording.bytes;
    return tooOld || tooBig;
  });
}
