/** Parts of a room that most pages do not show at once, by tag, each with what defines it. */
const offered = new Map<string, () => Promise<unknown>>();

/** Says where to find elements that a room then loads when they stand in it, be it in its default content or in the page's own layout. */
export function offerParts(parts: Readonly<Record<string, () => Promise<unknown>>>): void {
  for (const [tag, load] of Object.entries(parts)) offered.set(tag, load);
}

/** Loads parts that will be needed in a moment. Rejects when one cannot be loaded. */
export async function preloadParts(...tags: readonly string[]): Promise<void> {
  await Promise.all(tags.map((tag) => (customElements.get(tag) === undefined ? offered.get(tag)?.() : undefined)));
}

/** Loads what stands below `root` and is offered, but not defined yet. Rejects when one cannot be loaded. */
export async function loadParts(root: ParentNode): Promise<void> {
  await preloadParts(...[...offered.keys()].filter((tag) => root.querySelector(tag) !== null));
}
