import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import { AuthError } from './auth-error.ts';

/** The keys could not be had: no fault of the token, and for the log. */
export class KeySetError extends Error {
  constructor(url: URL, cause: unknown) {
    super(`the keys at ${url.origin}${url.pathname} cannot be had`, { cause });
    this.name = 'KeySetError';
  }
}

export interface JwtVerifier {
  /** Throws {@link AuthError}, and {@link KeySetError}. */
  verify(token: string, now: Milliseconds): Promise<JWTPayload>;
}

export interface JwtKeys {
  /** For HS256. */
  readonly secret: string | null;
  /** For RS256 and ES256. */
  readonly jwksUrl: URL | null;
}

/**
 * Each algorithm has its own key, chosen by the server: a token that names `none`, or HS256 over a public key, finds nothing that
 * would verify it.
 */
export function createJwtVerifier(keys: JwtKeys): JwtVerifier {
  const secret = keys.secret === null ? null : new TextEncoder().encode(keys.secret);
  const remote = keys.jwksUrl === null ? null : remoteKeys(keys.jwksUrl);

  const check = (token: string, now: Milliseconds): Promise<{ payload: JWTPayload }> => {
    const options = { currentDate: new Date(now), requiredClaims: ['exp'] };
    const { alg } = decodeProtectedHeader(token);
    if (alg === 'HS256' && secret !== null) return jwtVerify(token, secret, { ...options, algorithms: ['HS256'] });
    if ((alg === 'RS256' || alg === 'ES256') && remote !== null)
      return jwtVerify(token, remote, { ...options, algorithms: ['RS256', 'ES256'] });
    throw new AuthError('unauthorized', `tokens signed with ${String(alg)} are not accepted here`);
  };

  return {
    async verify(token, now) {
      try {
        return (await check(token, now)).payload;
      } catch (error) {
        if (error instanceof AuthError || error instanceof KeySetError) throw error;
        if (error instanceof errors.JWTExpired) throw new AuthError('token-expired', 'the token has expired', { cause: error });
        throw new AuthError('unauthorized', 'the token is not valid', { cause: error });
      }
    },
  };
}

function remoteKeys(url: URL): JWTVerifyGetKey {
  const find = createRemoteJWKSet(url);
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      // A key that is not among them is the token's fault.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new KeySetError(url, error);
    }
  };
}
