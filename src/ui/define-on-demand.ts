/** Elements that most pages do not use: what defines one is loaded when the first of its kind is in the document. */

export type Definitions = Readonly<Record<string, () => Promise<unknown>>>;

/** Looks at the document now and at what comes into it, until each of them has been loaded. Returns what ends that. */
export function defineOnDemand(definitions: Definitions): () => void {
  const waiting = new Map(Object.entries(definitions));
  const look = (root: Element): void => {
    for (const [tag, load] of waiting) {
      if (root.localName !== tag && root.getElementsByTagName(tag).length === 0) continue;
      waiting.delete(tag);
      // Loaded again when the next of them comes: the network may be back by then.
      load().catch(() => waiting.set(tag, load));
    }
  };
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element) look(node);
  });
  observer.observe(document, { childList: true, subtree: true });
  look(document.documentElement);
  return () => observer.disconnect();
}
