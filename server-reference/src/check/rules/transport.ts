/** Rules 23 and 25: compression, caching, CORS, HTTP/2. */
import type { Seconds } from '../../../../src/protocol/index.ts';
import { type CheckLog, type Exchange, newest } from '../log.ts';
import { Findings, type Verdict } from '../verdict.ts';
import { breach, mediaRenditions, NO_PLAYLIST } from './evidence.ts';

const stated = ({ headers }: Exchange, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${name}: ${headers[name] ?? '(none)'}`);

/** Seconds that a shared or private cache may keep an answer; null where nothing is said. */
function maxAge({ headers }: Exchange): number | null {
  const control = headers['cache-control'];
  if (control === undefined) return null;
  if (/\bno-(?:store|cache)\b/.test(control)) return 0;
  const age = /\bmax-age=(\d+)/.exec(control)?.[1];
  return age === undefined ? null : Number(age);
}

/** Playlists smaller than this are not worth a coding. */
const WORTH_ZIPPING = 300;
/** Media that caches may keep for less is not seen as unchanging. */
const LONG: Seconds = 60;

/** RFC 8216bis §6.2.1, Appendix B.1; HLS Authoring Specification 10.1. */
export function caching(log: CheckLog): Verdict {
  const found = new Findings();
  const renditions = mediaRenditions(log);
  const playlists = [log.hls?.multivariantExchange ?? null, ...renditions.map((rendition) => newest(rendition)?.exchange ?? null)];
  for (const exchange of playlists) {
    if (exchange === null || exchange.bytes < WORTH_ZIPPING) continue;
    const zipped = /\b(?:gzip|br|zstd)\b/.test(exchange.headers['content-encoding'] ?? '');
    found.check(zipped, () =>
      breach('should', 'a playlist is not compressed for a client that reads gzip', exchange, stated(exchange, 'content-encoding')),
    );
    found.check(zipped, () =>
      breach('apple', 'a playlist is not compressed for a client that reads gzip', exchange, stated(exchange, 'content-encoding')),
    );
  }
  for (const rendition of renditions) {
    for (const { exchange, playlist } of rendition.snapshots.slice(0, 40)) {
      if (playlist.endList) continue;
      const age = maxAge(exchange);
      const most = 6 * (playlist.targetDuration ?? 1);
      found.check(age !== null && age <= most, () =>
        breach(
          'own',
          age === null ? 'a live playlist does not say how long it may be cached' : `a live playlist may be cached for ${age} s`,
          exchange,
          stated(exchange, 'cache-control'),
        ),
      );
    }
    const media = [...rendition.media, ...rendition.inits]
      .map(({ exchange }) => exchange)
      .filter(({ status }) => status === 200 || status === 206);
    for (const exchange of media.slice(0, 40)) {
      const lasting = /\bimmutable\b/.test(exchange.headers['cache-control'] ?? '') || (maxAge(exchange) ?? 0) >= LONG;
      found.check(lasting, () => breach('own', 'media that never changes is not said to', exchange, stated(exchange, 'cache-control')));
    }
  }
  return found.verdict('answers', NO_PLAYLIST);
}

/** What pages need, and Appendix B.1 of RFC 8216bis for HTTP/2. */
export function crossOrigin(log: CheckLog): Verdict {
  const found = new Findings();
  for (const { kind, exchange, detail } of log.hls?.probes ?? []) {
    if (kind === 'alpn') {
      found.check(detail === 'h2' || detail === 'h3', () =>
        breach('apple', `the server offers ${detail || 'nothing'} over TLS, not HTTP/2`, exchange),
      );
    }
    if (kind !== 'cors' && kind !== 'cors-error') continue;
    found.check(exchange.headers['access-control-allow-origin'] !== undefined, () =>
      breach(
        'own',
        kind === 'cors'
          ? 'a page of another origin may not read it; --origin names one that should'
          : 'a page of another origin may not read errors',
        exchange,
        stated(exchange, 'access-control-allow-origin'),
      ),
    );
  }
  if (log.hls !== null && !log.hls.probes.some(({ kind }) => kind === 'alpn')) found.note('HTTP/2 was not seen: the address is not https');
  return found.verdict('answers', NO_PLAYLIST);
}
