/**
 * The origin that this script came from: the server, when the page loads the SDK from it with a script tag. In a bundle it is the
 * page's own origin, and where modules have no web address, null.
 */
export function scriptOrigin(): string | null {
  const { protocol, origin } = new URL(import.meta.url);
  return protocol === 'https:' || protocol === 'http:' ? origin : null;
}
