import type { Capability } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { AuthError } from './auth-error.ts';
import { principalOfJwt, principalOfPhoenixToken } from './claims.ts';
import { createJwtVerifier, type JwtVerifier } from './jwt.ts';
import { derivePhoenixKey, PHOENIX_TOKEN_PREFIX, verifyPhoenixToken } from './phoenix-token.ts';
import type { Principal } from './principal.ts';

export { AuthError } from './auth-error.ts';

/** Longer than any token that the wire carries. */
const MAX_TOKEN_LENGTH = 16_384;
/** Players ask for a playlist several times a second with one token; its signature is checked once. */
const CACHE_SIZE = 1000;

export interface AuthenticatorOptions {
  readonly secret: string | null;
  readonly jwksUrl: URL | null;
  readonly phoenix: { readonly secretKeyBase: string; readonly salt: string } | null;
  /** What anyone may do without a token. */
  readonly publicCan: readonly Capability[];
  readonly clock: Clock;
}

export class Authenticator {
  /** Who comes without a token. */
  readonly anonymous: Principal;
  readonly #jwt: JwtVerifier;
  readonly #phoenixKey: Uint8Array | null;
  readonly #publicCan: ReadonlySet<Capability>;
  readonly #clock: Clock;
  readonly #verified = new Map<string, Principal>();

  constructor(options: AuthenticatorOptions) {
    this.#jwt = createJwtVerifier(options);
    this.#phoenixKey = options.phoenix === null ? null : derivePhoenixKey(options.phoenix.secretKeyBase, options.phoenix.salt);
    this.#publicCan = new Set(options.publicCan);
    this.#clock = options.clock;
    this.anonymous = { sub: null, name: null, grants: [], publicCan: this.#publicCan, expiresAt: null };
  }

  /** Throws {@link AuthError}; null and the empty string are nobody in particular. */
  async authenticate(token: string | null): Promise<Principal> {
    if (token === null || token === '') return this.anonymous;
    if (token.length > MAX_TOKEN_LENGTH) throw new AuthError('unauthorized', 'the token is too long');
    const known = this.#verified.get(token);
    if (known !== undefined && (known.expiresAt === null || known.expiresAt > this.#clock.now())) return known;
    const principal = await this.#verify(token);
    this.#remember(token, principal);
    return principal;
  }

  async #verify(token: string): Promise<Principal> {
    const now = this.#clock.now();
    if (!token.startsWith(PHOENIX_TOKEN_PREFIX)) return principalOfJwt(await this.#jwt.verify(token, now), this.#publicCan);
    if (this.#phoenixKey === null) throw new AuthError('unauthorized', 'Phoenix tokens are not accepted here');
    return principalOfPhoenixToken(verifyPhoenixToken(token, this.#phoenixKey, now), this.#publicCan);
  }

  #remember(token: string, principal: Principal): void {
    this.#verified.delete(token);
    this.#verified.set(token, principal);
    const oldest = this.#verified.keys().next();
    if (this.#verified.size > CACHE_SIZE && oldest.done !== true) this.#verified.delete(oldest.value);
  }
}
