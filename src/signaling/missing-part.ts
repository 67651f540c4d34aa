/** Why a part of this SDK that is loaded on demand does not come, in words with what to do. */
import { GlasscastError } from '../protocol/errors.ts';

/**
 * What `import()` gives.
 * @throws GlasscastError `version` where the server has other parts by now: it was updated under a page that was left open; else `network`
 */
export async function loaded<T>(part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch (cause) {
    throw await missingPart(cause);
  }
}

/** @param cause what `import()` was rejected with, which in most browsers names the address */
export async function missingPart(cause: unknown): Promise<GlasscastError> {
  if (cause instanceof GlasscastError) return cause;
  const [address] = /https?:\S+/.exec(String(cause)) ?? [];
  return address !== undefined && (await isGone(address))
    ? new GlasscastError('version', 'The server was updated after this page was opened. Reload the page.', { cause })
    : new GlasscastError('network', 'A part of this page could not be loaded. Check your network, or reload the page.', { cause });
}

async function isGone(address: string): Promise<boolean> {
  try {
    return (await fetch(address, { method: 'HEAD', cache: 'no-store' })).status === 404;
  } catch {
    return false;
  }
}
