import { html, type TemplateResult } from 'lit';

const ADDRESS = /https?:\/\/[^\s<>"“”„«»]+/giu;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?'’*_~…]$/u;
const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** A run of text, or an address in it with where it leads. */
export type TextPart = string | { readonly text: string; readonly href: string };

/** Splits a text at the http and https addresses in it; put together again, the parts are the text. */
export function splitAddresses(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const href = hrefOf(address);
    if (href === null) continue;
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** The text with its addresses as links that open in a window of their own, tell nothing of this page and lend it no reputation. */
export function linkedText(text: string): (string | TemplateResult)[] {
  return splitAddresses(text).map((part) =>
    typeof part === 'string' ? part : html`<a href=${part.href} target="_blank" rel="noopener noreferrer nofollow">${part.text}</a>`,
  );
}

/** A full stop after an address, and the bracket around it, are the sentence's. */
function trimmed(address: string): string {
  let rest = address;
  for (;;) {
    const last = rest.at(-1) ?? '';
    const opening = BRACKETS[last];
    const unopened = opening !== undefined && count(rest, last) > count(rest, opening);
    if (!unopened && !TRAILING.test(rest)) return rest;
    rest = rest.slice(0, -1);
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function hrefOf(address: string): string | null {
  try {
    const { protocol, href, hostname } = new URL(address);
    return (protocol === 'https:' || protocol === 'http:') && hostname !== '' ? href : null;
  } catch {
    return null;
  }
}
