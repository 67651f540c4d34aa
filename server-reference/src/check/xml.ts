/** As much of XML 1.0 as a manifest is made of: elements, attributes, text, CDATA. No entities but the five, no DTD. */

export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
  /** The start tag, as it is written. */
  readonly source: string;
}

interface Open extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (reference, hex?: string, number?: string, name?: string) => {
    const code = hex === undefined ? Number(number) : Number.parseInt(hex, 16);
    if (name !== undefined) return ENTITIES[name] ?? reference;
    return code <= 0x10ffff ? String.fromCodePoint(code) : reference;
  });
}

const withoutPrefix = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Comment, CDATA, declaration, end tag, start tag, text: one of them from here on. */
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[?!][^>]*>|<\/([^\s>]+)\s*>|<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;

/** Null where it is not well-formed. */
export function readXml(document: string): XmlElement | null {
  const root: Open = { name: '', attributes: new Map(), children: [], text: '', source: '' };
  const stack: Open[] = [root];
  TOKEN.lastIndex = document.startsWith('\uFEFF') ? 1 : 0;
  while (TOKEN.lastIndex < document.length) {
    const match = TOKEN.exec(document);
    const parent = stack.at(-1);
    if (match === null || parent === undefined) return null;
    const [source, data, closing, opening, list = '', empty, text] = match;
    if (data !== undefined) parent.text += data;
    else if (text !== undefined) parent.text += plain(text);
    else if (closing !== undefined) {
      if (stack.length < 2 || parent.name !== withoutPrefix(closing)) return null;
      stack.pop();
    } else if (opening !== undefined) {
      const element: Open = { name: withoutPrefix(opening), attributes: readAttributes(list), children: [], text: '', source };
      parent.children.push(element);
      if (empty !== '/') stack.push(element);
    }
  }
  const [element, ...others] = root.children;
  return stack.length === 1 && others.length === 0 ? (element ?? null) : null;
}

function readAttributes(list: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single] of list.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    attributes.set(withoutPrefix(name), plain(double ?? single ?? ''));
  }
  return attributes;
}

export const children = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.filter((child) => child.name === name);
export const child = (element: XmlElement, name: string): XmlElement | undefined => element.children.find((one) => one.name === name);
