/** What a verified token says, turned into a {@link Principal}. */
import type { JWTPayload } from 'jose';
import * as v from 'valibot';
import { type Capability, GrantsSchema, type Milliseconds, TitleSchema } from '../../../src/protocol/index.ts';
import { AuthError } from './auth-error.ts';
import { type Term, toPlain } from './external-term.ts';
import type { VerifiedPhoenixToken } from './phoenix-token.ts';
import type { Principal } from './principal.ts';

const SubjectSchema = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.minLength(1), v.maxLength(128));

const ClaimsSchema = v.object({
  sub: v.optional(v.nullable(SubjectSchema), null),
  name: v.optional(v.nullable(TitleSchema), null),
  grants: v.optional(GrantsSchema, []),
});

function principal(claims: unknown, publicCan: ReadonlySet<Capability>, expiresAt: Milliseconds | null): Principal {
  const parsed = v.safeParse(ClaimsSchema, claims);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new AuthError('unauthorized', `the token's ${v.getDotPath(issue) ?? 'content'} is not valid: ${issue.message}`);
  }
  return { ...parsed.output, publicCan, expiresAt };
}

export function principalOfJwt(payload: JWTPayload, publicCan: ReadonlySet<Capability>): Principal {
  return principal(payload, publicCan, payload.exp === undefined ? null : payload.exp * 1000);
}

/** Data that is a string or an integer is the subject; a map may carry a name and grants. */
export function principalOfPhoenixToken(token: VerifiedPhoenixToken, publicCan: ReadonlySet<Capability>): Principal {
  return principal(claimsOf(token.data), publicCan, token.expiresAt);
}

function claimsOf(data: Term): unknown {
  if (typeof data === 'string' || typeof data === 'number') return { sub: data };
  if (!(data instanceof Map)) throw new AuthError('unauthorized', 'the token holds neither a user nor a map');
  const sub = data.get('sub') ?? data.get('user_id') ?? data.get('id') ?? null;
  const name = data.get('name');
  const grants = data.get('grants');
  return {
    sub,
    ...(name === undefined ? {} : { name }),
    ...(grants === undefined || grants === null ? {} : { grants: toPlain(grants) }),
  };
}
