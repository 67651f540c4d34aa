import { SignJWT } from 'jose';
import * as v from 'valibot';
import { type Grant, GrantsSchema, type Seconds } from '../../../src/protocol/index.ts';

/** RFC 7518 §3.2: "A key of the same size as the hash output (for instance, 256 bits for "HS256") or larger MUST be used". */
export const MIN_SECRET_BYTES = 32;

export interface TokenOptions {
  /** Who the token is for; keeps a resumed call and a taken-over stream to its owner. */
  readonly sub?: string;
  /** What others see. */
  readonly name?: string;
  readonly grants: readonly Grant[];
  /** How long it is good for, in seconds from now; at least 1. */
  readonly ttl: Seconds;
}

/**
 * Signs a token (JWT, HS256) for a page's own backend to hand out.
 *
 * @param secret the server's `GLASSCAST_SECRET`, at least 32 bytes
 * @throws RangeError for a short secret or a `ttl` under one second
 * @throws valibot's ValiError for grants that the server would refuse
 */
export async function signToken(secret: string, { sub, name, grants, ttl }: TokenOptions): Promise<string> {
  const key = new TextEncoder().encode(secret);
  if (key.byteLength < MIN_SECRET_BYTES)
    throw new RangeError(`the secret has ${key.byteLength} bytes and needs at least ${MIN_SECRET_BYTES}`);
  if (!Number.isFinite(ttl) || ttl < 1) throw new RangeError('a token lives for at least one second');
  const claims = { grants: v.parse(GrantsSchema, grants), ...(name === undefined ? {} : { name }) };
  const jwt = new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000 + ttl));
  return (sub === undefined ? jwt : jwt.setSubject(sub)).sign(key);
}
