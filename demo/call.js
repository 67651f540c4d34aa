import { byId, nameOrAsk, offerLink, place } from './page.js';

const room = nameOrAsk('room');
if (room !== null) {
  const name = new URLSearchParams(location.search).get('name')?.trim() ?? '';
  byId('heading').textContent = `Room “${room}”`;
  byId('lead').textContent = 'Open the link in a second window or on another device to see it work.';
  document.title = `${room} · Call · Glasscast`;
  // The name is the visitor's own and not part of what is passed on.
  offerLink(`call.html?room=${room}`);
  place('rtc-room', name === '' ? { room } : { room, 'display-name': name });
}
