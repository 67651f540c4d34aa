/** Finds elements through open shadow roots. Runs in the page; installed before any of its scripts. */
export function installDeepQuery(): void {
  const visit = (root: ParentNode, selector: string, found: Element[]): Element[] => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches(selector)) found.push(element);
      if (element.shadowRoot) visit(element.shadowRoot, selector, found);
    }
    return found;
  };
  Object.defineProperty(globalThis, 'deepQuery', { value: (selector: string): Element[] => visit(document, selector, []) });
}

declare global {
  /** All elements of the page that match, open shadow roots included, in document order. */
  function deepQuery(selector: string): Element[];
}
