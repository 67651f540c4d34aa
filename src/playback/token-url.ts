/** `url` (absolute, or relative to `base`) with the token as its query parameter `token`; unchanged without one. */
export function withToken(url: string, token: string | null | undefined, base?: string): string {
  const target = new URL(url, base);
  if (token !== null && token !== undefined && token !== '') target.searchParams.set('token', token);
  return target.href;
}

/** `url` with `token` in place of the one that it carries; unchanged where it carries none. */
export function withNewerToken(url: string, token: string | undefined): string {
  if (token === undefined || !/[?&]token=/.test(url)) return url;
  return withToken(url, token);
}

/** The multivariant playlist of a stream on `server` (an origin, or a URL with a path to mount under). */
export function playlistUrl(server: string, stream: string): string {
  return new URL(`live/${stream}/index.m3u8`, server.endsWith('/') ? server : `${server}/`).href;
}

/** A token never leaves for a server it was not meant for: true where both addresses have the same origin. */
export function sameOrigin(left: string, right: string): boolean {
  return new URL(left).origin === new URL(right).origin;
}
