import { byId, chosenName, offerLink, place } from './page.js';

const STATES = {
  idle: '…',
  waiting: 'not started',
  loading: 'loading',
  playing: 'live',
  away: 'interrupted',
  ended: 'over',
  failed: 'failed',
};
/** Milliseconds between two looks at what is on air. */
const LIST_INTERVAL = 3000;

// Asked before the first look: while nothing is asked, nothing is looked for.
const choice = chosenName('stream');
const listing = setInterval(listBroadcasts, LIST_INTERVAL);
void listBroadcasts();
const { name: stream } = await choice;
clearInterval(listing);

byId('heading').textContent = `Watch “${stream}”`;
document.title = `${stream} · Watch · Glasscast`;
offerLink(`watch.html?stream=${stream}`);
byId('open').setAttribute('href', `live.html?stream=${stream}`);
const viewer = place('hls-viewer', { stream, autoplay: '', controls: '' });
viewer.addEventListener('rtc-state', ({ detail }) => {
  byId('state').textContent = STATES[detail.state];
  if (detail.state !== 'playing') byId('latency').textContent = '–';
});
viewer.addEventListener('rtc-latency', ({ detail }) => {
  byId('latency').textContent = `${detail.seconds.toFixed(2)} s`;
  byId('stalls').textContent = String(detail.stalls);
});

/** The broadcasts of this server, as links. */
async function listBroadcasts() {
  if (byId('choose').hidden) return;
  const nothing = byId('nothing');
  try {
    const response = await fetch('/api/streams');
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    const { streams } = await response.json();
    const live = streams.filter(({ state }) => state === 'live').map(({ name }) => name);
    showLinks(live);
    nothing.textContent = 'Nobody is broadcasting at the moment.';
    nothing.hidden = live.length > 0;
  } catch {
    showLinks([]);
    nothing.textContent = 'The list cannot be shown. Type the name instead.';
    nothing.hidden = false;
  }
}

/** @param {string[]} names */
function showLinks(names) {
  const list = byId('now');
  // What is right stays as it is, so that nobody's focus is lost.
  if (names.join() === Array.from(list.children, (item) => item.textContent).join()) return;
  list.replaceChildren(
    ...names.map((name) => {
      const link = document.createElement('a');
      link.href = `watch.html?stream=${encodeURIComponent(name)}`;
      link.textContent = name;
      link.className = 'entry';
      const item = document.createElement('li');
      item.append(link);
      return item;
    }),
  );
}
