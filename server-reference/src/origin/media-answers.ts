/** Init sections, segments and parts: from memory, as they are made, or from the archive that keeps the session. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Rendition } from '../packaging/rendition.ts';
import type { Part, Segment } from '../packaging/segment.ts';
import { notFound, Problem } from '../problem.ts';
import { cacheControl, goneSignal, IMMUTABLE, longestWait, type MediaRequest } from './answers.ts';
import { hasPart } from './blocking-reload.ts';
import { growingSegment } from './growing-segment.ts';
import type { PackagedSession } from './packaged-session.ts';

export interface MediaTarget {
  readonly packaged: PackagedSession;
  readonly rendition: Rendition;
}

const late = (what: string): Problem =>
  new Problem(503, 'unavailable', `${what} did not come in time.`, { headers: { 'retry-after': '1' } });

export async function sendInit(request: MediaRequest, reply: FastifyReply, target: MediaTarget, epoch: number): Promise<FastifyReply> {
  const { packaged, rendition } = target;
  const find = (): Uint8Array | undefined => rendition.init(epoch);
  if (find() === undefined && rendition.info.onDemand === true && !rendition.ended) {
    // Whatever makes it has just been started.
    const ready = (): boolean => find() !== undefined || rendition.ended;
    if ((await packaged.wait(ready, longestWait(packaged.packager), goneSignal(reply))) === 'gone') return reply.hijack();
  }
  return sendBytes(request, reply, 'mp4', find() ?? (await packaged.archive?.init(rendition.info.id, epoch)));
}

export async function sendPart(
  request: MediaRequest,
  reply: FastifyReply,
  { packaged, rendition }: MediaTarget,
  msn: number,
  index: number,
): Promise<FastifyReply> {
  const find = (): Part | undefined => rendition.segment(msn)?.parts[index];
  if (find() === undefined) {
    // Rule 21: the part that a playlist hints at is held until it is complete; any other that is not there is not found.
    const { expected, next } = rendition;
    const awaited = [expected, next].some((address) => address?.msn === msn && address.part === index);
    if (!awaited || expected === null) throw notFound('There is no such part.');
    const ready = (): boolean => find() !== undefined || hasPart(rendition, msn, index);
    const result = await packaged.wait(ready, longestWait(packaged.packager), goneSignal(reply));
    if (result === 'gone') return reply.hijack();
    if (result === 'timeout') throw late('The part');
  }
  return sendBytes(request, reply, 'iso.segment', find()?.bytes);
}

export async function sendSegment(request: MediaRequest, reply: FastifyReply, target: MediaTarget, msn: number): Promise<FastifyReply> {
  const { packaged, rendition } = target;
  const find = (): Segment | undefined => rendition.segment(msn);
  if (find() === undefined && announced(rendition, msn)) {
    // An MPD tells of the next segment before it has begun.
    const result = await packaged.wait(() => find() !== undefined || rendition.ended, longestWait(packaged.packager), goneSignal(reply));
    if (result === 'gone') return reply.hijack();
    if (result === 'timeout') throw late('The segment');
  }
  const segment = find();
  if (segment === undefined || segment.gap) throw notFound('There is no such segment.');
  if (segment.released) return sendBytes(request, reply, 'iso.segment', await packaged.archive?.segment(rendition.info.id, msn));
  if (!segment.complete) {
    // Rule 29: it leaves in chunks as it grows, without a length.
    const parts = growingSegment(packaged, rendition, segment, longestWait(packaged.packager), goneSignal(reply));
    return media(request, reply, 'iso.segment').send(Readable.from(parts, { objectMode: false }));
  }
  const parts = segment.parts.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  // The parts are the segment's bytes: they are written one after the other, not joined first.
  return media(request, reply, 'iso.segment')
    .header('content-length', segment.byteLength)
    .send(Readable.from(parts, { objectMode: false }));
}

/** Whether it is the segment that comes next, or the one after that. */
function announced(rendition: Rendition, msn: number): boolean {
  const { next, expected } = rendition;
  return expected !== null && (msn === next.msn || msn === next.msn + 1);
}

function sendBytes(
  request: MediaRequest,
  reply: FastifyReply,
  subtype: 'mp4' | 'iso.segment',
  bytes: Uint8Array | null | undefined,
): FastifyReply {
  if (bytes === undefined || bytes === null) throw notFound();
  return media(request, reply, subtype).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function media(request: MediaRequest, reply: FastifyReply, subtype: 'mp4' | 'iso.segment'): FastifyReply {
  const kind = request.params.rendition.startsWith('v') ? 'video' : 'audio';
  return reply.type(`${kind}/${subtype}`).header('cache-control', cacheControl(request, IMMUTABLE));
}
