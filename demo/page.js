/** What the pages share: a name from the address, the form that asks for one, and a link to pass on. */

/**
 * A name that the server takes, out of what people type; empty where nothing is left.
 * @param {string} text
 */
export function nameFrom(text) {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * The name in the address, or null after showing the form that asks for it.
 * @param {string} key `room` or `stream`
 */
export function nameOrAsk(key) {
  const name = nameFrom(new URLSearchParams(location.search).get(key) ?? '');
  if (name !== '') {
    byId('stage').hidden = false;
    return name;
  }
  byId('choose').hidden = false;
  const field = /** @type {HTMLInputElement} */ (byId(key));
  const check = () => field.setCustomValidity(nameFrom(field.value) === '' ? 'Use letters and digits.' : '');
  field.addEventListener('input', check);
  byId('ask').addEventListener('submit', () => {
    field.value = nameFrom(field.value);
    for (const other of byId('ask').querySelectorAll('input')) other.disabled = other.value === '';
  });
  // Coming back with the browser's own button restores the page as it was left.
  addEventListener('pageshow', () => {
    for (const other of byId('ask').querySelectorAll('input')) other.disabled = false;
  });
  check();
  field.focus({ preventScroll: true });
  return null;
}

/**
 * Shows a link and copies it on demand.
 * @param {string} address relative to this page
 */
export function offerLink(address) {
  const link = /** @type {HTMLInputElement} */ (byId('link'));
  link.value = new URL(address, location.href).href;
  link.addEventListener('focus', () => link.select());
  byId('copy').addEventListener('click', async () => {
    const said = byId('copied');
    try {
      await navigator.clipboard.writeText(link.value);
      said.textContent = 'Copied.';
    } catch {
      // No clipboard outside of secure pages: mark the text, so that one key copies it.
      link.focus();
      link.select();
      said.textContent = 'Press Ctrl+C or ⌘C to copy.';
    }
  });
}

/**
 * Puts an element in its place, with attributes.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 */
export function place(tag, attributes) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  byId('place').replaceWith(element);
  return element;
}
