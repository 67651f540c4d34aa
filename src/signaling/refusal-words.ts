import type { Refusal } from './refusal.ts';

/** What to tell people, loaded when there is something to tell. */
export const REFUSAL_WORDS: Readonly<Record<Refusal, string>> = {
  unauthorized: 'The server does not allow this. A token that grants it is needed.',
  'token-expired': 'Your access has expired. Reload the page.',
  'room-full': 'This room is full. Try again when someone has left.',
  'room-not-found': 'There is no such room. Check the link.',
  kicked: 'You were removed from this room.',
  'no-peer': 'That participant is no longer here.',
  'stream-taken': 'Someone else is broadcasting under this name.',
  'stream-offline': 'Nobody is broadcasting under this name now.',
  'codec-unsupported': 'The server cannot take this codec.',
  unsupported: 'This connection cannot carry what was asked for.',
  version: 'This page and the server speak different versions. Load the script from the server itself, or update one of them.',
  invalid: 'The server did not understand the request.',
  limit: 'Too much at once; the server asks to slow down.',
  server: 'The server could not do this.',
};
