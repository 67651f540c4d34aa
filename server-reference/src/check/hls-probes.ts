/** Questions that no player asks, to see how an origin answers. Their number is bounded: some ten for each of two renditions. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { exchangeOf, withQuery } from './exchange.ts';
import type { Get } from './http-client.ts';
import type { Probe } from './log.ts';
import { type MediaPlaylist, readMediaPlaylist } from './media-playlist.ts';
import { isPlaylist } from './multivariant-playlist.ts';
import { directiveQuery } from './rendition-player.ts';
import type { Variables } from './variables.ts';

export interface ProbeContext {
  readonly get: Get;
  readonly clock: Clock;
  /** The page that asks, for CORS. */
  readonly origin: string;
  readonly variables: Variables;
}

export interface ProbedRendition {
  readonly name: string;
  readonly url: string;
  /** The newest that is known now: a live one moves on between two questions. */
  readonly playlist: MediaPlaylist;
}

/** What is refused at once needs no patience; what is not is a finding. */
const PATIENCE: Milliseconds = 3000;

/** The directives of blocking reload, used and misused. Only for origins that offer it. */
export async function probeReload(context: ProbeContext, rendition: ProbedRendition): Promise<readonly Probe[]> {
  const { targetDuration, partTarget, serverControl, mediaSequence, segments } = rendition.playlist;
  if (segments.length === 0 || serverControl?.get('CAN-BLOCK-RELOAD') !== 'YES') return [];
  /** The last whole segment, and how many parts there are of the next. */
  const edge = (): { readonly complete: number; readonly parts: number } => {
    const last = rendition.playlist.segments.at(-1);
    if (last === undefined) return { complete: -1, parts: 0 };
    return last.duration === null ? { complete: last.msn - 1, parts: last.parts.length } : { complete: last.msn, parts: 0 };
  };
  const ask = async (kind: Probe['kind'], query: string, msn: number, part: number | null, timeout = PATIENCE): Promise<Probe> => {
    const outcome = await context.get(withQuery(rendition.url, query), { timeout });
    const text = outcome.ok && outcome.status === 200 ? outcome.body.toString() : '';
    const answer = isPlaylist(text) ? readMediaPlaylist(text, rendition.url, context.variables) : null;
    return { kind, rendition: rendition.name, exchange: exchangeOf(outcome), asked: { msn, part }, playlist: answer, detail: '' };
  };
  const probes = [await ask('part-without-msn', '_HLS_part=0', -1, 0)];
  const far = edge().complete + 50;
  probes.push(await ask('far-msn', directiveQuery({ msn: far, part: null }), far, null));
  if (partTarget !== null) {
    const { complete, parts } = edge();
    const part = parts + 10 * Math.ceil(3 / Math.min(partTarget, 1));
    probes.push(await ask('far-part', directiveQuery({ msn: complete + 1, part }), complete + 1, part));
  }
  const gone = Math.max(0, mediaSequence - 5);
  probes.push(await ask('old-msn', directiveQuery({ msn: gone, part: partTarget === null ? null : 0 }), gone, 0));
  const next = edge().complete + 2;
  probes.push(await ask('msn-alone', directiveQuery({ msn: next, part: null }), next, null, (3 * (targetDuration ?? 1) + 1) * 1000));
  return probes;
}

/** RFC 8216bis §6.2.5.2: directives after the end. */
export async function probeAfterEnd({ get }: ProbeContext, { name, url, playlist }: ProbedRendition): Promise<readonly Probe[]> {
  if (!playlist.endList) return [];
  const asked = { msn: (playlist.segments.at(-1)?.msn ?? 0) + 50, part: 0 };
  const exchange = exchangeOf(await get(withQuery(url, directiveQuery(asked)), { timeout: PATIENCE }));
  return [{ kind: 'after-end', rendition: name, exchange, asked, playlist: null, detail: '' }];
}

/** Resources that are not there, and pages of other origins. */
export async function probeResources({ get, origin }: ProbeContext, { name, url, playlist }: ProbedRendition): Promise<readonly Probe[]> {
  const segment = playlist.segments.findLast(({ resource, gap }) => resource !== null && !gap);
  const resource = segment?.resource ?? null;
  const ask = async (kind: Probe['kind'], at: string, range = resource?.range ?? null): Promise<Probe> => {
    const cors = kind === 'unknown-resource' ? {} : { headers: { origin } };
    const exchange = exchangeOf(await get(at, { ...cors, timeout: PATIENCE, range }));
    return { kind, rendition: name, exchange, asked: null, playlist: null, detail: '' };
  };
  const probes = [await ask('cors', url, null)];
  if (resource === null) return probes;
  probes.push(await ask('cors', resource.url));
  if (segment?.map !== null && segment?.map !== undefined) probes.push(await ask('cors', segment.map.url, segment.map.range));
  const missing = elsewhere(resource.url);
  probes.push(await ask('unknown-resource', missing, null), await ask('cors-error', missing, null));
  return probes;
}

/** An address beside a known one at which nothing can be. */
export function elsewhere(url: string): string {
  const address = new URL(url);
  address.pathname = address.pathname.replace(/([^/]*?)(\.[^./]*)?$/, (_, stem: string, extension = '') => `${stem}-none-such${extension}`);
  return address.href;
}

/** What a server agrees to over TLS. */
export async function probeAlpn(context: ProbeContext, url: string, insecure: boolean, signal: AbortSignal): Promise<readonly Probe[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return [];
  const requestedAt = context.clock.now();
  const { promise, resolve } = Promise.withResolvers<string>();
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const options = {
    host,
    port: Number(port || 443),
    // RFC 6066 §3: an address is no server name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['h2', 'http/1.1'],
    rejectUnauthorized: !insecure,
  };
  const socket = connect(options, () => resolve(socket.alpnProtocol === false ? '' : (socket.alpnProtocol ?? '')));
  const give = (): void => resolve('');
  socket.once('error', give);
  signal.addEventListener('abort', give, { once: true });
  const cancelTimer = context.clock.after(PATIENCE, give);
  const detail = await promise;
  cancelTimer();
  signal.removeEventListener('abort', give);
  socket.destroy();
  const exchange = { url, requestedAt, answeredAt: context.clock.now(), status: 0, headers: {}, bytes: 0, redirects: 0, error: null };
  return [{ kind: 'alpn', rendition: '', exchange, asked: null, playlist: null, detail }];
}
