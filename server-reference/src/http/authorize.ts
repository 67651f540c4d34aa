/** Who makes a request, and whether they may do what they ask for. */
import type { FastifyRequest } from 'fastify';
import type { Capability, Resource } from '../../../src/protocol/index.ts';
import { AuthError, type Authenticator } from '../auth/authenticator.ts';
import { may, type Principal } from '../auth/principal.ts';
import { Problem } from './problem.ts';

export interface Authorizer {
  /** The bearer of the request's token (`Authorization: Bearer`, else `?token=`), or nobody in particular. 401 for a bad token. */
  principal(request: FastifyRequest): Promise<Principal>;
  /** The same, and 401 or 403 where they may not. */
  require(request: FastifyRequest, capability: Capability, resource: Resource): Promise<Principal>;
}

export function createAuthorizer(authenticator: Authenticator): Authorizer {
  const authorizer: Authorizer = {
    async principal(request) {
      try {
        return await authenticator.authenticate(tokenOf(request));
      } catch (error) {
        if (!(error instanceof AuthError)) throw error;
        throw new Problem(401, error.code, error.message, {
          cause: error,
          headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
        });
      }
    },
    async require(request, capability, resource) {
      const principal = await authorizer.principal(request);
      if (may(principal, capability, resource)) return principal;
      if (principal === authenticator.anonymous) {
        throw new Problem(401, 'unauthorized', `This needs a token that can "${capability}".`, {
          headers: { 'www-authenticate': 'Bearer' },
        });
      }
      throw new Problem(403, 'unauthorized', `The token does not grant "${capability}" here.`);
    },
  };
  return authorizer;
}

function tokenOf(request: FastifyRequest): string | null {
  const [, bearer] = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const query = request.query as Record<string, unknown>;
  const token = query['token'];
  return typeof token === 'string' ? token : null;
}
