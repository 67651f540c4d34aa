import { byId, nameOrAsk, offerLink, place } from './page.js';

const stream = nameOrAsk('stream');
if (stream !== null) {
  byId('heading').textContent = `Broadcast “${stream}”`;
  document.title = `${stream} · Go live · Glasscast`;
  offerLink(`watch.html?stream=${stream}`);
  byId('open').setAttribute('href', `watch.html?stream=${stream}`);
  place('rtc-broadcaster', { stream });
}
