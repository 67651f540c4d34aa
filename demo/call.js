import { byId, chosenName, offerLink, place } from './page.js';

const { name: room, asked } = await chosenName('room');
const field = /** @type {HTMLInputElement} */ (byId('name'));
// For the next reload, and not in the address, where the name would be passed on with it.
if (asked) history.replaceState({ name: field.value.trim() }, '');
byId('heading').textContent = `Room “${room}”`;
document.title = `${room} · Call · Glasscast`;
offerLink(`call.html?room=${room}`);
// Who has answered the form is not asked again; who comes by the link is asked by the element.
place('rtc-room', { room, 'display-name': history.state?.name || field.defaultValue, ...(asked ? { 'no-prejoin': '' } : {}) });
