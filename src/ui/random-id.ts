const KEY = 'glasscast.guest';

let guest: string | undefined;

/** 128 random bits. Not `crypto.randomUUID`, which pages without https lack. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Tells one tab's guest from another at the same address, over reloads; forgotten with the tab. */
export function guestId(): string {
  try {
    guest ??= sessionStorage.getItem(KEY) ?? undefined;
    guest ??= randomId();
    sessionStorage.setItem(KEY, guest);
  } catch {
    // Storage is forbidden in some frames: the id then lives as long as the page.
    guest ??= randomId();
  }
  return guest;
}
