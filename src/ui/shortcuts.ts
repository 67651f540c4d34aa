/** Keys of a whole page, and when they are meant for something else. */

const EDITABLE =
  'input, textarea, select, [contenteditable]:not([contenteditable="false"]), [role="textbox"], [role="combobox"], [role="listbox"]';

/**
 * The key that an event asks for as a shortcut: a letter in upper case, or `Escape`. Undefined when it is typed into something,
 * held down with a modifier, repeated, or already acted upon.
 */
export function shortcutOf(event: KeyboardEvent): string | undefined {
  if (event.defaultPrevented || event.repeat || event.isComposing) return undefined;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return undefined;
  // The path goes into shadow roots; the target does not.
  if (event.composedPath().some((target) => target instanceof Element && target.matches(EDITABLE))) return undefined;
  if (event.key === 'Escape' || /^[a-z]$/i.test(event.key)) return event.key.length > 1 ? event.key : event.key.toUpperCase();
  // Keyboards of other scripts: by the place where the letter would be.
  return event.key.length === 1 && /\p{L}/u.test(event.key) ? event.code.match(/^Key([A-Z])$/)?.[1] : undefined;
}
