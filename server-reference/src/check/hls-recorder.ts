/** Plays all renditions of an HLS presentation at once, and asks the probing questions beside it. */
import type { Clock } from '../clock.ts';
import { exchangeOf } from './exchange.ts';
import { type ProbeContext, type ProbedRendition, probeAfterEnd, probeAlpn, probeReload, probeResources } from './hls-probes.ts';
import type { Answer, Get } from './http-client.ts';
import type { HlsLog, Probe, RenditionLog } from './log.ts';
import { isMultivariant, type MultivariantPlaylist, readMultivariantPlaylist } from './multivariant-playlist.ts';
import { RenditionPlayer } from './rendition-player.ts';
import type { Deadline } from './waiting.ts';

export interface RecorderOptions {
  readonly get: Get;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly signal: AbortSignal;
  readonly insecure: boolean;
  /** The page that asks, for CORS. */
  readonly origin: string;
}

/** Renditions that are played; more of them tell nothing new and cost the origin. */
const MOST_RENDITIONS = 12;
const PROBED_RENDITIONS = 2;

/** @param first the playlist as it was answered */
export async function recordHls(first: Answer, options: RecorderOptions): Promise<HlsLog> {
  const { get, clock, deadline } = options;
  const text = first.body.toString();
  const url = first.redirects > 0 ? first.finalUrl : first.url;
  const multivariant = isMultivariant(text) ? readMultivariantPlaylist(text, url) : null;
  const variables = multivariant?.variables ?? new Map<string, string>();
  const players = listRenditions(multivariant, url).map((one) => new RenditionPlayer({ ...one, variables, get, clock, deadline }));
  const context: ProbeContext = { get, clock, origin: options.origin, variables };

  const playing = Promise.all(players.map((player) => player.play()));
  const probing = probe(players, context, options, url);
  await playing;
  const probes = [...(await probing), ...players.flatMap((player) => player.probes)];
  for (const rendition of probed(players)) probes.push(...(await probeAfterEnd(context, rendition)));
  const again = multivariant === null ? null : await get(first.url);
  return {
    multivariant,
    multivariantExchange: multivariant === null ? null : exchangeOf(first),
    multivariantAfter: again?.ok === true && again.status === 200 ? readMultivariantPlaylist(again.body.toString(), url) : null,
    renditions: players.map(({ log }) => log),
    probes,
  };
}

async function probe(
  players: readonly RenditionPlayer[],
  context: ProbeContext,
  { deadline, insecure, signal }: RecorderOptions,
  url: string,
): Promise<Probe[]> {
  const probes = [...(await probeAlpn(context, url, insecure, signal))];
  // What is newest is known once each has had its first playlist.
  while (!deadline.passed && players.some(({ playlist }) => playlist === null)) await deadline.sleep(100);
  for (const rendition of probed(players)) {
    if (deadline.passed || rendition.playlist.endList) break;
    probes.push(...(await probeReload(context, rendition)));
  }
  for (const rendition of probed(players)) probes.push(...(await probeResources(context, rendition)));
  return probes;
}

function probed(players: readonly RenditionPlayer[]): readonly ProbedRendition[] {
  return players.slice(0, PROBED_RENDITIONS).flatMap((player) => {
    const first = player.playlist;
    if (first === null) return [];
    const { name, url } = player.log;
    return [
      {
        name,
        url,
        get playlist() {
          return player.playlist ?? first;
        },
      },
    ];
  });
}

type Listed = Pick<RenditionLog, 'name' | 'url' | 'role'>;

function listRenditions(multivariant: MultivariantPlaylist | null, url: string): readonly Listed[] {
  if (multivariant === null) return [{ name: 'the playlist', url, role: 'variant' }];
  const found = new Map<string, Listed>();
  const add = (name: string, at: string | null, role: RenditionLog['role']): void => {
    if (at !== null && !found.has(at)) found.set(at, { name, url: at, role });
  };
  // One of each kind comes first, so that pictures and sound are both probed.
  const [leading, ...others] = multivariant.variants;
  const variantName = ({ attributes }: MultivariantPlaylist['variants'][number]): string =>
    attributes.get('RESOLUTION') ?? `the variant of ${attributes.get('BANDWIDTH') ?? 'unknown'} bit/s`;
  if (leading !== undefined) add(variantName(leading), leading.url, 'variant');
  for (const { type, name, group, url: at } of multivariant.alternatives) {
    if (type === 'AUDIO') add(`sound "${name}" of the group "${group}"`, at, 'audio');
  }
  for (const variant of others) add(variantName(variant), variant.url, 'variant');
  for (const { type, name, url: at } of multivariant.alternatives) {
    if (type !== 'AUDIO') add(`${type.toLowerCase()} "${name}"`, at, type === 'SUBTITLES' ? 'subtitles' : 'other');
  }
  return [...found.values()].slice(0, MOST_RENDITIONS);
}
