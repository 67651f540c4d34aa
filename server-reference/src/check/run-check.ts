/** Watches an origin for a while and says which rules it keeps. */
import type { Seconds } from '../../../src/protocol/index.ts';
import type { Clock } from '../clock.ts';
import { recordDash } from './dash-recorder.ts';
import { withQuery } from './exchange.ts';
import { recordHls } from './hls-recorder.ts';
import { type Answer, HttpClient } from './http-client.ts';
import type { CheckLog } from './log.ts';
import { isMpd } from './mpd.ts';
import { isPlaylist } from './multivariant-playlist.ts';
import { StallWatch } from './stall-watch.ts';
import { Deadline } from './waiting.ts';

export interface CheckOptions {
  /** A playlist, an MPD, or one of each for the same stream. */
  readonly addresses: readonly string[];
  readonly seconds: Seconds;
  /** Goes into the query of the addresses. */
  readonly token: string | null;
  readonly insecure: boolean;
  /** The page that asks, for CORS. */
  readonly origin: string | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type CheckOutcome = { readonly ok: true; readonly log: CheckLog } | { readonly ok: false; readonly reason: string };

/** Time for what is under way when the time is up. */
const GRACE: Seconds = 3;

export async function runCheck(options: CheckOptions): Promise<CheckOutcome> {
  const { clock, seconds, insecure, token } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const client = new HttpClient({ clock, signal, insecure });
  const startedAt = clock.now();
  const deadline = new Deadline(clock, startedAt + seconds * 1000, signal);
  const watch = new StallWatch(clock);
  const cancelGrace = clock.after((seconds + GRACE) * 1000, () => stop.abort());
  try {
    const answers: Answer[] = [];
    for (const address of options.addresses) {
      const url = token === null ? address : withQuery(address, `token=${encodeURIComponent(token)}`);
      const outcome = await client.get(url);
      if (!outcome.ok) return { ok: false, reason: `${address} cannot be reached: ${outcome.error}` };
      if (outcome.status !== 200) return { ok: false, reason: `${address} was answered with ${outcome.status}` };
      answers.push(outcome);
    }
    const playlist = answers.find(({ body }) => isPlaylist(body.toString()));
    const manifest = answers.find(({ body }) => isMpd(body.toString()));
    if (playlist === undefined && manifest === undefined) return { ok: false, reason: 'neither an HLS playlist nor an MPD is there' };
    const origin = options.origin ?? someOrigin(answers[0]?.url ?? '');
    const recorder = { get: client.get, clock, deadline, signal, insecure, origin };
    const [hls, dash] = await Promise.all([
      playlist === undefined ? null : recordHls(playlist, recorder),
      manifest === undefined ? null : recordDash(manifest, recorder),
    ]);
    return { ok: true, log: { startedAt, endedAt: clock.now(), hls, dash, stalls: watch.stalls, token } };
  } finally {
    cancelGrace();
    deadline.close();
    watch.close();
    stop.abort();
    client.close();
  }
}

/** A page on another origin than the stream's; servers on this machine often let in only pages that are on it as well. */
function someOrigin(url: string): string {
  const { hostname } = new URL(url);
  return /^(?:localhost|127\.|\[::1\])/.test(hostname) ? 'http://localhost:12345' : 'https://player.example';
}
