/** Elements that most pages do not use: what defines one is loaded when the first of its kind is in the document. */

export type Definitions = Readonly<Record<string, () => Promise<unknown>>>;

/** Looks at the document now and at what comes into it, until each of them has been loaded. Returns what ends that. */
export function defineOnDemand(definitions: Definitions): () => void {
  const waiting = new Map(Object.entries(definitions));
  let missing = waiting.size;
  const look = (root: Element): void => {
    for (const [tag, load] of waiting) {
      if (root.localName !== tag && root.getElementsByTagName(tag).length === 0) continue;
      waiting.delete(tag);
      // What could not be loaded is asked for again with the next of its kind: the network may be back by then.
      load().then(
        () => {
          missing--;
          if (missing === 0) observer.disconnect();
        },
        () => waiting.set(tag, load),
      );
    }
  };
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element) look(node);
  });
  observer.observe(document, { childList: true, subtree: true });
  look(document.documentElement);
  return () => observer.disconnect();
}
