/** Finds elements through open shadow roots. Runs in the page; installed before any of its scripts. */
export function installDeepQuery(): void {
  const visit = (root: ParentNode, selector: string, found: Element[]): Element[] => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches(selector)) found.push(element);
      if (element.shadowRoot) visit(element.shadowRoot, selector, found);
    }
    return found;
  };
  const deepQuery = (path: string): Element[] => {
    const [first = '*', ...rest] = path.split('>>>').map((selector) => selector.trim());
    return rest.reduce<Element[]>(
      (hosts, selector) => hosts.flatMap((host) => (host.shadowRoot ? visit(host.shadowRoot, selector, []) : [])),
      visit(document, first, []),
    );
  };
  Object.defineProperty(globalThis, 'deepQuery', { value: deepQuery });
}

declare global {
  /**
   * All elements of the page that match, open shadow roots included, in document order. `a >>> b` are the `b` inside the shadow
   * root of an `a`.
   */
  function deepQuery(path: string): Element[];
}
