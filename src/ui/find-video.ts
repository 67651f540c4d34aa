/** The video that an element of the page shows, wherever it keeps it. */

/** Media elements of others and ours hand theirs out so (media-chrome's contract). */
interface MediaHost {
  readonly nativeEl?: unknown;
}

/** The element itself, what it hands out, or the first video inside it, shadow trees included; null while there is none. */
export function videoOf(element: Element | null): HTMLVideoElement | null {
  if (element === null) return null;
  if (element instanceof HTMLVideoElement) return element;
  const { nativeEl } = element as Element & MediaHost;
  if (nativeEl instanceof HTMLVideoElement) return nativeEl;
  for (const child of [...element.children, ...(element.shadowRoot?.children ?? [])]) {
    const found = videoOf(child);
    if (found !== null) return found;
  }
  return null;
}

/** What `for` names: in the same tree, else in the document. */
export function namedElement(host: Element, id: string): Element | null {
  const root = host.getRootNode() as Document | ShadowRoot;
  return root.querySelector(`#${CSS.escape(id)}`) ?? document.getElementById(id);
}

export interface VideoFinderOptions {
  /** Whose children are looked at. */
  readonly host: Element;
  /** The id of the element to look at instead, if any. */
  readonly named: () => string | null;
  /** Another video than before, or none. */
  readonly changed: (video: HTMLVideoElement | null) => void;
}

/** Keeps to the video inside of an element, or to one that it names, as they come and go. */
export class VideoFinder {
  readonly #options: VideoFinderOptions;
  readonly #observer = new MutationObserver(() => this.look());
  #video: HTMLVideoElement | null = null;
  #observed: readonly Node[] = [];
  #awaited = new WeakSet<Element>();
  #open = false;

  constructor(options: VideoFinderOptions) {
    this.#options = options;
  }

  get video(): HTMLVideoElement | null {
    return this.#video;
  }

  open(): void {
    this.#open = true;
    this.look();
  }

  /** Looks anew: what is named may be another. */
  look(): void {
    if (!this.#open) return;
    const { host, named, changed } = this.#options;
    const id = named();
    const target = id === null ? null : namedElement(host, id);
    this.#observe(id === null ? [host] : [host.getRootNode(), document]);
    const found = id === null ? inside(host) : videoOf(target);
    if (found === null) this.#await(id === null ? [...host.querySelectorAll('*')] : target === null ? [] : [target]);
    if (found === this.#video) return;
    this.#video = found;
    changed(found);
  }

  close(): void {
    this.#open = false;
    this.#observer.disconnect();
    this.#observed = [];
    this.#video = null;
  }

  #observe(nodes: readonly Node[]): void {
    if (nodes.every((node) => this.#observed.includes(node)) && nodes.length === this.#observed.length) return;
    this.#observer.disconnect();
    this.#observed = nodes;
    for (const node of nodes) this.#observer.observe(node, { childList: true, subtree: true, attributes: true, attributeFilter: ['id'] });
  }

  /** An element may be defined later than it is written, and draw its video after that. */
  #await(elements: readonly Element[]): void {
    for (const element of elements) {
      if (!element.localName.includes('-') || this.#awaited.has(element)) continue;
      this.#awaited.add(element);
      void customElements.whenDefined(element.localName).then(async () => {
        await (element as { updateComplete?: Promise<unknown> }).updateComplete;
        this.look();
      });
    }
  }
}

/** The children alone: what the element itself draws with is not meant. */
function inside(host: Element): HTMLVideoElement | null {
  for (const child of host.children) {
    const found = videoOf(child);
    if (found !== null) return found;
  }
  return null;
}
