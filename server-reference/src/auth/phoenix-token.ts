/**
 * Phoenix.Token, so that an existing Phoenix application can issue tokens for this server: `SFMyNTY.` + base64url(external term) +
 * `.` + base64url(HMAC-SHA256 over all before the last dot), the key being PBKDF2-SHA256(secret_key_base, salt, 1000, 32).
 */
import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type { Milliseconds, Seconds } from '../../../src/protocol/index.ts';
import { AuthError } from './auth-error.ts';
import { decodeTerm, isTuple, type Term, TermError } from './external-term.ts';

/** base64url of `HS256`. */
export const PHOENIX_TOKEN_PREFIX = 'SFMyNTY.';

export interface VerifiedPhoenixToken {
  readonly data: Term;
  readonly signedAt: Milliseconds;
  /** Null where the token says `infinity`. */
  readonly expiresAt: Milliseconds | null;
}

export function derivePhoenixKey(secretKeyBase: string, salt: string): Buffer {
  return pbkdf2Sync(secretKeyBase, salt, 1000, 32, 'sha256');
}

/**
 * Throws {@link AuthError}: `token-expired` for a token older than its age, `unauthorized` for anything else.
 * `maxAge`, where given, wins over the age in the token.
 */
export function verifyPhoenixToken(token: string, key: Uint8Array, now: Milliseconds, maxAge?: Seconds): VerifiedPhoenixToken {
  const lastDot = token.lastIndexOf('.');
  if (!token.startsWith(PHOENIX_TOKEN_PREFIX) || lastDot < PHOENIX_TOKEN_PREFIX.length)
    throw new AuthError('unauthorized', 'not a Phoenix.Token');
  const signature = Buffer.from(token.slice(lastDot + 1), 'base64url');
  const expected = createHmac('sha256', key).update(token.slice(0, lastDot)).digest();
  if (signature.byteLength !== expected.byteLength || !timingSafeEqual(signature, expected)) {
    throw new AuthError('unauthorized', 'the signature does not match');
  }
  const { data, signedAt, age } = readTerm(Buffer.from(token.slice(PHOENIX_TOKEN_PREFIX.length, lastDot), 'base64url'));
  if (signedAt > now) throw new AuthError('unauthorized', 'the token was signed in the future');
  const lifetime = maxAge ?? age;
  const expiresAt = lifetime === null ? null : signedAt + lifetime * 1000;
  if (expiresAt !== null && expiresAt <= now) throw new AuthError('token-expired', 'the token has expired');
  return { data, signedAt, expiresAt };
}

function readTerm(bytes: Uint8Array): { data: Term; signedAt: Milliseconds; age: Seconds | null } {
  let term: Term;
  try {
    term = decodeTerm(bytes);
  } catch (error) {
    if (error instanceof TermError) throw new AuthError('unauthorized', error.message, { cause: error });
    throw error;
  }
  const [data, signedAt, age] = isTuple(term) && term.tuple.length === 3 ? term.tuple : [];
  if (data === undefined || typeof signedAt !== 'number' || !(typeof age === 'number' || age === 'infinity')) {
    throw new AuthError('unauthorized', 'the token does not hold {data, signed_at, max_age}');
  }
  return { data, signedAt, age: age === 'infinity' ? null : Number(age) };
}
