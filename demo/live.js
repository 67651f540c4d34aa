import { byId, chosenName, offerLink, place } from './page.js';

const { name: stream } = await chosenName('stream');
const lead = byId('lead');
byId('heading').textContent = `Go live as “${stream}”`;
document.title = `${stream} · Go live · Glasscast`;
offerLink(`watch.html?stream=${stream}`);
const broadcaster = place('rtc-broadcaster', { stream, 'watch-url': 'watch.html?stream={stream}', hide: 'share' });
const before = lead.textContent;
broadcaster.addEventListener('rtc-live', () => {
  lead.textContent = 'You are on air: open the viewers’ link in another window to see yourself.';
});
broadcaster.addEventListener('rtc-offline', () => {
  lead.textContent = before;
});
