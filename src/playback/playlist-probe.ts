/**
 * Asks for a playlist to learn why a player could not play it: players report a failed load, not whether the stream is yet to come.
 */
import { GlasscastError } from '../protocol/index.ts';

export type ProbeResult =
  /** There is a playlist; `text` tells one run of a stream from the next. */
  | { readonly kind: 'playlist'; readonly text: string }
  /** Nothing there now: not started yet, or over. */
  | { readonly kind: 'absent' }
  /** The server did not answer, or not sensibly: worth another try. */
  | { readonly kind: 'unreachable'; readonly error: GlasscastError }
  /** No use trying again. */
  | { readonly kind: 'refused'; readonly error: GlasscastError };

export function isPlaylist(text: string): boolean {
  // RFC 8216bis §4.4.1.1: "It MUST be the first line of every Media Playlist and every Multivariant Playlist."
  return text.startsWith('#EXTM3U');
}

export async function probePlaylist(url: string, fetchPlaylist: typeof fetch, signal?: AbortSignal): Promise<ProbeResult> {
  let response: Response;
  let text: string;
  try {
    response = await fetchPlaylist(url, { cache: 'no-cache', ...(signal === undefined ? {} : { signal }) });
    text = await response.text();
  } catch (cause) {
    return { kind: 'unreachable', error: new GlasscastError('network', 'The server of the broadcast does not answer.', { cause }) };
  }
  return readProbe(response.status, text);
}

export function readProbe(status: number, text: string): ProbeResult {
  if (status === 404 || status === 410) return { kind: 'absent' };
  if (status === 401 || status === 403) {
    return { kind: 'refused', error: new GlasscastError('unauthorized', 'This broadcast needs a token that allows watching it.') };
  }
  if (status === 429 || status >= 500) {
    return { kind: 'unreachable', error: new GlasscastError('server', `The server of the broadcast answers with ${status}.`) };
  }
  if (status >= 400) {
    return { kind: 'refused', error: new GlasscastError('server', `The server refuses the broadcast with ${status}.`) };
  }
  if (!isPlaylist(text)) {
    return { kind: 'refused', error: new GlasscastError('media', 'What was found at the address is not an HLS playlist.') };
  }
  return { kind: 'playlist', text };
}
