/** Fetches a live stream as a low-latency player does: blocking playlist reloads, and each part once, of every rendition. */

interface Position {
  readonly sequence: number;
  readonly part: number;
}

/** Where the next part of the playlist will be, and the parts that it lists. */
export function readPlaylist(text: string): { next: Position; parts: string[] } {
  let sequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1] ?? 0);
  let part = 0;
  const parts: string[] = [];
  for (const line of text.split('\n')) {
    const uri = /^#EXT-X-PART:.*URI="([^"]+)"/.exec(line)?.[1];
    if (uri !== undefined) {
      parts.push(uri);
      part++;
    } else if (line !== '' && !line.startsWith('#')) {
      sequence++;
      part = 0;
    }
  }
  return { next: { sequence, part }, parts };
}

export class HlsClient {
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[] = [];
  parts = 0;
  bytes = 0;

  /** Starts with the newest part of each rendition that the multivariant playlist names. */
  static async start(url: string): Promise<HlsClient> {
    const client = new HlsClient();
    const text = await (await fetch(url)).text();
    const media = [...text.matchAll(/URI="([^"]+\.m3u8[^"]*)"/g)].map((match) => match[1] ?? '');
    const variants = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const uri of new Set([...media, ...variants])) client.#running.push(client.#follow(new URL(uri, url)));
    return client;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  async #follow(playlist: URL): Promise<void> {
    const { signal } = this.#abort;
    const seen = new Set<string>();
    try {
      let { next, parts } = readPlaylist(await (await fetch(playlist, { signal })).text());
      for (const uri of parts) seen.add(uri);
      while (!signal.aborted) {
        const url = new URL(playlist);
        url.searchParams.set('_HLS_msn', String(next.sequence));
        url.searchParams.set('_HLS_part', String(next.part));
        const response = await fetch(url, { signal });
        if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
        ({ next, parts } = readPlaylist(await response.text()));
        for (const uri of parts.filter((part) => !seen.has(part))) {
          seen.add(uri);
          const part = await fetch(new URL(uri, playlist), { signal });
          this.bytes += (await part.arrayBuffer()).byteLength;
          this.parts++;
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
