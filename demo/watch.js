import { byId, nameOrAsk, offerLink, place } from './page.js';

const STATES = {
  idle: '…',
  waiting: 'not started',
  loading: 'loading',
  playing: 'live',
  away: 'interrupted',
  ended: 'over',
  failed: 'failed',
};

const stream = nameOrAsk('stream');
if (stream === null) {
  void listBroadcasts();
} else {
  byId('heading').textContent = `Broadcast “${stream}”`;
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
}

/** The broadcasts of this server, as links. */
async function listBroadcasts() {
  const nothing = byId('nothing');
  try {
    const response = await fetch('/api/streams');
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    const { streams } = await response.json();
    const live = streams.filter(({ state }) => state === 'live');
    for (const { name } of live) {
      const link = document.createElement('a');
      link.href = `watch.html?stream=${encodeURIComponent(name)}`;
      link.textContent = name;
      link.className = 'entry';
      const item = document.createElement('li');
      item.append(link);
      byId('now').append(item);
    }
    nothing.textContent = live.length === 0 ? 'Nobody is broadcasting at the moment.' : '';
    nothing.hidden = live.length > 0;
  } catch {
    nothing.textContent = 'The list cannot be shown. Type the name instead.';
  }
}
