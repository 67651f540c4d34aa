/** Which coding of an answer its client takes (RFC 9110 §12.5.3), and that caches keep one of each. */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Named, and not with the weight 0. */
export function takes({ headers }: Pick<FastifyRequest, 'headers'>, coding: 'br' | 'gzip'): boolean {
  return (headers['accept-encoding'] ?? '').split(',').some((each) => {
    const [name, ...weights] = each.toLowerCase().split(';');
    return name?.trim() === coding && !weights.some((weight) => /^\s*q=0(?:\.0*)?\s*$/.test(weight));
  });
}

export function varyByCoding(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`);
}
