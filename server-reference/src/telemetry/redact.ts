/** Query parameters whose values say nothing about anybody; every other value is left out of the logs. */
const HARMLESS = new Set(['vsn', '_HLS_msn', '_HLS_part', '_HLS_skip', 'epoch', 'seq']);

/** The path and the names of the parameters; tokens travel in queries, so their values never reach a log. */
export function redactUrl(url: string): string {
  const mark = url.indexOf('?');
  if (mark < 0) return url;
  const shown = [...new URLSearchParams(url.slice(mark + 1))].map(([name, value]) =>
    HARMLESS.has(name) ? `${name}=${value}` : `${name}=…`,
  );
  return `${url.slice(0, mark)}?${shown.join('&')}`;
}
