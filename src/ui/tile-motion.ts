const MOVE: KeyframeAnimationOptions = { duration: 220, easing: 'ease' };

/**
 * Lets elements glide to where a new layout puts them, unless the user wants less motion. Call it before the layout changes, and
 * what it returns afterwards.
 */
export function glide(elements: Iterable<Element>): () => void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return () => undefined;
  const places = [...elements].map((element) => ({ element, from: element.getBoundingClientRect() }));
  return () => {
    for (const { element, from } of places) {
      const to = element.getBoundingClientRect();
      if (to.width === 0 || from.width === 0) continue;
      const start = `translate(${from.x - to.x}px, ${from.y - to.y}px) scale(${from.width / to.width}, ${from.height / to.height})`;
      element.animate({ transform: [start, 'none'] }, MOVE);
    }
  };
}
