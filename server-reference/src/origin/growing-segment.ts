/** A segment as its parts come: what is there at once, the rest when it is made, until the segment is complete or its client is gone. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Rendition } from '../packaging/rendition.ts';
import type { Segment } from '../packaging/segment.ts';
import type { PackagedSession } from './packaged-session.ts';

/**
 * Ends without an error where the broadcaster has gone: what was sent is all that there is of it. Throws where it has not grown for so long that its
 * client is given up: an answer that ends as it should is kept by caches, and what is here is no whole segment.
 */
export async function* growingSegment(
  packaged: PackagedSession,
  rendition: Rendition,
  segment: Segment,
  timeout: Milliseconds,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let sent = 0; ; ) {
    for (let part = segment.parts[sent]; part !== undefined; part = segment.parts[sent]) {
      sent++;
      if (part.bytes !== null) yield part.bytes;
    }
    if (segment.complete || rendition.ended) return;
    const from = sent;
    const result = await packaged.wait(() => segment.parts.length > from || segment.complete || rendition.ended, timeout, signal);
    if (result === 'gone') return;
    if (result === 'timeout') throw new Error('the segment did not grow in time');
  }
}
