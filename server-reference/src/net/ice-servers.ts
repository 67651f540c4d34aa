/** What peers are told to use for ICE: this server's own STUN, and a TURN server with credentials that end by themselves. */
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import type { IceServer, Seconds } from '../../../src/protocol/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock.ts';

/** Longer than most calls; coturn checks it when an allocation is made or refreshed. */
const TURN_LIFETIME: Seconds = 12 * 3600;

export interface IceOptions {
  readonly stunPort: number | null;
  readonly publicUrl: URL | null;
  readonly turnUrl: string | null;
  readonly turnSecret: string | null;
  readonly clock: Clock;
}

/** ICE servers for whoever reached this server as `hostname`. */
export function iceServers(
  { stunPort, publicUrl, turnUrl, turnSecret, clock }: IceOptions,
  principal: Principal,
  hostname: string,
): IceServer[] {
  const servers: IceServer[] = [];
  const host = publicUrl?.hostname ?? (isIP(hostname) === 6 ? `[${hostname}]` : hostname);
  if (stunPort !== null && host !== '') servers.push({ urls: `stun:${host}:${stunPort}` });
  if (turnUrl !== null && turnSecret !== null)
    servers.push({ urls: turnUrl, ...turnCredentials(turnSecret, principal.sub ?? 'guest', clock) });
  return servers;
}

/** The TURN REST scheme: the name says when it ends, and its HMAC under the shared secret is the password. */
export function turnCredentials(secret: string, user: string, clock: Clock): { username: string; credential: string } {
  const username = `${Math.floor(clock.now() / 1000) + TURN_LIFETIME}:${user}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
