/**
 * Which names this server answers to, and which pages may drive it. The `Host` check stops DNS rebinding, where a foreign name is made
 * to point at this machine; the `Origin` check stops a foreign page from using a visitor's network position or a server on localhost.
 */
import { isIP } from 'node:net';
import { hostname as machineName } from 'node:os';
import { Problem } from '../problem.ts';
import { hostnameOf, isLoopbackHost } from './loopback.ts';

export interface SiteOptions {
  readonly mode: 'development' | 'production';
  readonly publicUrl: URL | null;
  /** See `Config.origins`. */
  readonly origins: readonly string[];
}

export interface SiteHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

export class SiteGuard {
  readonly #names: ReadonlySet<string>;
  readonly #anyAddress: boolean;
  readonly #origins: ReadonlySet<string>;

  constructor({ mode, publicUrl, origins }: SiteOptions) {
    const machine = machineName().toLowerCase();
    const names = mode === 'production' ? [machine, `${machine}.local`] : [];
    this.#names = new Set(publicUrl === null ? names : [...names, publicUrl.hostname]);
    // A rebound name never reaches us as a bare address, and behind NAT a server does not know its own.
    this.#anyAddress = mode === 'production';
    this.#origins = new Set(publicUrl === null ? origins : [...origins, publicUrl.origin]);
  }

  /** 421 for a name that is not ours. */
  checkHost(host: string | undefined): void {
    const name = hostnameOf(host ?? '');
    if (isLoopbackHost(name) || this.#names.has(name) || (this.#anyAddress && isIP(name) !== 0)) return;
    throw new Problem(
      421,
      'foreign-host',
      `This server does not answer to the name "${name.slice(0, 255)}". If it should, start it with --public-url.`,
    );
  }

  /** 403 for a page that may not drive this server. Without `Origin` it is no page. */
  checkOrigin(headers: SiteHeaders): void {
    if (this.allowsOrigin(headers)) return;
    const origin = (headers.origin ?? '').slice(0, 255);
    throw new Problem(
      403,
      'foreign-origin',
      `Pages of ${origin} may not use this server. If they should, start it with --origins ${origin}.`,
    );
  }

  allowsOrigin({ origin, host }: SiteHeaders): boolean {
    if (origin === undefined || this.#origins.has('*') || this.#origins.has(origin)) return true;
    const url = URL.parse(origin);
    if (url === null || !/^https?:$/.test(url.protocol)) return false;
    return url.host === host?.toLowerCase() || (this.#origins.has('loopback') && isLoopbackHost(url.hostname));
  }
}
