import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The name of a `Host` header or URL without port and brackets, lower-cased. */
export function hostnameOf(host: string): string {
  const name = host.startsWith('[') ? host.slice(1, Math.max(1, host.indexOf(']'))) : (host.split(':', 1)[0] ?? '');
  return name.toLowerCase().replace(/\.$/, '');
}

/** True for the names and addresses that lead back to this machine and nowhere else (RFC 6761 §6.3 for `localhost`). */
export function isLoopbackHost(host: string): boolean {
  const name = host.includes(':') && isIP(host) === 6 ? host : hostnameOf(host);
  const version = isIP(name);
  if (version !== 0) return loopback.check(name, version === 6 ? 'ipv6' : 'ipv4');
  return name === 'localhost' || name.endsWith('.localhost');
}
