/** What the pages share: a name from the address or from the form that asks for it, and an address to pass on. */

/**
 * A name that the server takes, out of what people type; empty where nothing is left.
 * @param {string} text
 */
function nameFrom(text) {
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
 * The name in the address; without one, what the visitor answers. The page stays for that, so that the click which answers is also the
 * one which lets the camera and the sound start.
 * @param {string} key `room` or `stream`, in the address and as the field's id
 */
export async function chosenName(key) {
  const given = new URLSearchParams(location.search).get(key)?.trim() ?? '';
  const linked = nameFrom(given);
  const name = linked === '' ? await ask(key, given) : linked;
  byId('choose').hidden = true;
  byId('stage').hidden = false;
  // Back leads to the question, and forward to what was answered.
  const { search } = location;
  addEventListener('popstate', () => {
    if (location.search !== search) location.reload();
  });
  return { name, asked: linked === '' };
}

/**
 * @param {string} key
 * @param {string} refused what the address said, and is not a name
 * @returns {Promise<string>}
 */
function ask(key, refused) {
  const field = /** @type {HTMLInputElement} */ (byId(key));
  const hint = byId('hint');
  const advice = hint.textContent;
  const check = () => {
    const name = nameFrom(field.value);
    field.setCustomValidity(name === '' ? 'A name needs at least one of the letters a to z, or a digit.' : '');
    hint.textContent = name === '' || name === field.value ? advice : `In the link it is written ${name}.`;
  };
  field.addEventListener('input', check);
  byId('choose').hidden = false;
  if (refused !== '') field.value = refused;
  field.focus({ preventScroll: true });
  field.select();
  check();
  if (refused !== '') field.reportValidity();
  return new Promise((resolve) => {
    byId('ask').addEventListener('submit', (event) => {
      event.preventDefault();
      const name = nameFrom(field.value);
      history.pushState(null, '', `?${key}=${name}`);
      resolve(name);
      // The form is gone with whatever had the focus.
      byId('heading').focus({ preventScroll: true });
    });
  });
}

/**
 * Shows an address and copies it on demand.
 * @param {string} relative to this page
 */
export function offerLink(relative) {
  const link = /** @type {HTMLAnchorElement} */ (byId('link'));
  link.href = relative;
  link.textContent = link.href;
  byId('nearby').hidden = !/^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(location.hostname);
  offerCopy(link);
}

/**
 * Lets the button copy a text of the page.
 * @param {HTMLElement} source
 */
export function offerCopy(source) {
  const said = byId('copied');
  byId('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent ?? '');
      said.textContent = 'Copied.';
    } catch {
      // No clipboard outside of secure pages: mark the text, so that one key copies it.
      getSelection()?.selectAllChildren(source);
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
