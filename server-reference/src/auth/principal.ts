import type { Capability, Grant, Milliseconds, Resource } from '../../../src/protocol/index.ts';
import { grantAllows } from '../../../src/protocol/index.ts';

/** Who is at the other end of a socket or request, and what it may do. Immutable: a renewed token makes a new one. */
export interface Principal {
  /** The token's subject; null without a token. */
  readonly sub: string | null;
  /** The token's name; null where it has none. */
  readonly name: string | null;
  readonly grants: readonly Grant[];
  /** What anyone may do on this server. */
  readonly publicCan: ReadonlySet<Capability>;
  /** When the token ends; null without one. */
  readonly expiresAt: Milliseconds | null;
}

export function may(principal: Principal, capability: Capability, resource: Resource): boolean {
  return principal.publicCan.has(capability) || principal.grants.some((grant) => grantAllows(grant, capability, resource));
}
