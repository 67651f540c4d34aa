const told = new WeakMap<Element, (visible: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** Tells whether an element is in view, now and whenever that changes. One observer serves all. */
export function observeVisibility(element: Element, changed: (visible: boolean) => void): void {
  observer ??= new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) told.get(target)?.(isIntersecting);
  });
  told.set(element, changed);
  observer.observe(element);
}

export function unobserveVisibility(element: Element): void {
  told.delete(element);
  observer?.unobserve(element);
}
