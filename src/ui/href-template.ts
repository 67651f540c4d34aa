/**
 * An address with a name put in place of `{slug}`, as it may stand in a link: relative to the page, http or https.
 * @returns null for anything else, above all `javascript:`
 */
export function fillHref(template: string, slug: string): string | null {
  const href = template.trim().replaceAll('{slug}', encodeURIComponent(slug));
  try {
    const { protocol } = new URL(href, document.baseURI);
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}
