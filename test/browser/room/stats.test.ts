/** What each connection carries, as people read it. */
import { ContextProvider } from '@lit/context';
import { expect, fixture, html } from '@open-wc/testing';
import type { RtcStats } from '../../../src/components/rtc-stats/rtc-stats.ts';
import '../../../src/define/rtc-stats.ts';
import { emptyRoomView, figuresContext, type Participant, roomContext } from '../../../src/ui/room-context.ts';
import { type LinkFigures, type LinkQuality, UNKNOWN_QUALITY } from '../../../src/webrtc/link-quality.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';

const participant = (id: string, name: string, self = false): Participant => ({
  id,
  name,
  self,
  microphone: true,
  camera: true,
  screen: false,
  away: false,
  link: 'connected',
  tracks: NO_TRACKS,
  speaking: false,
  quality: UNKNOWN_QUALITY,
});

const self = participant('me', 'Me', true);
const ada = participant('p1', 'Ada Lovelace');
const bob = participant('p2', 'Bob');

const figuresOf = (peer: string, quality: LinkQuality, sentRate: number): LinkFigures => ({
  peer,
  quality,
  sent: { bitrate: sentRate, loss: 0.004, jitter: 3, video: { width: 1280, height: 720, frameRate: 30, codec: 'VP8' } },
  received: { bitrate: 640_000, loss: null, jitter: 5, video: null },
  roundTrip: 34.4,
  availableOutgoing: null,
  path: peer === 'p1' ? 'host udp' : 'relay tcp',
  limitation: 'none',
  freezes: 0,
});

const good: LinkQuality = { level: 'good', cause: 'none' };

async function shown(participants: readonly Participant[], figures: readonly LinkFigures[], width = '900px') {
  const page = await fixture<HTMLElement>(html`<div></div>`);
  page.style.inlineSize = width;
  const room = new ContextProvider(page, { context: roomContext, initialValue: { ...emptyRoomView, participants } });
  const provided = new ContextProvider(page, { context: figuresContext, initialValue: figures });
  const stats = document.createElement('rtc-stats');
  page.append(stats);
  await stats.updateComplete;
  return { page, room, provided, stats };
}

const inside = <E extends Element>(stats: RtcStats, selector: string): E[] => [...(stats.shadowRoot?.querySelectorAll<E>(selector) ?? [])];
const read = (element: Element | undefined): string => element?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
const rowOf = (stats: RtcStats, index: number): string[] => [...(inside(stats, 'tbody tr')[index]?.children ?? [])].map(read);

describe('rtc-stats', () => {
  beforeEach(() => {
    document.documentElement.lang = 'en';
  });
  afterEach(() => {
    document.documentElement.removeAttribute('dir');
  });

  it('shows a row for each of the others', async () => {
    const figures = [figuresOf('p1', good, 1_240_000), figuresOf('p2', { level: 'poor', cause: 'uplink' }, 96_000)];
    const { stats } = await shown([self, ada, bob], figures);
    expect(inside(stats, 'tbody tr')).to.have.length(2);
    const [name, quality, sent, received, roundTrip, path] = rowOf(stats, 0);
    expect(name).to.equal('Ada Lovelace');
    expect(quality).to.equal('good connection');
    expect(sent).to.equal('1.2 Mbit/s 1280×720, 30 fps VP8 0.4% lost');
    expect(received).to.equal('640 kbit/s');
    expect(roundTrip).to.equal('34 ms');
    expect(path).to.equal('direct, UDP');
    expect(rowOf(stats, 1)[1]).to.equal('poor connection: your network, sending');
    expect(rowOf(stats, 1)[5]).to.equal('relayed, TCP');
  });

  it('is a table with a caption, scopes and nothing that is read out by itself', async () => {
    const { stats } = await shown([self, ada], [figuresOf('p1', good, 1_000_000)]);
    const [table] = inside<HTMLTableElement>(stats, 'table');
    expect(read(table?.caption ?? undefined)).to.not.equal('');
    expect(table?.getAttribute('aria-live')).to.equal('off');
    expect(inside(stats, 'thead th[scope=col]')).to.have.length(6);
    expect(inside(stats, 'tbody th[scope=row]')).to.have.length(1);
    await expect(stats).to.be.accessible();
  });

  it('says that nobody is there, and what is not known yet', async () => {
    const alone = await shown([self], []);
    expect(read(inside(alone.stats, '[part=empty]')[0])).to.equal('Nobody else is here.');
    await expect(alone.stats).to.be.accessible();
    const { stats } = await shown([self, { ...ada, name: '' }], []);
    expect(rowOf(stats, 0).slice(0, 2)).to.deep.equal(['Guest', 'not known yet']);
    await expect(stats).to.be.accessible();
  });

  it('changes every two seconds at most, and not for who speaks', async () => {
    const { stats, room, provided } = await shown([self, ada], [figuresOf('p1', good, 1_000_000)]);
    const began = performance.now();
    const table = inside(stats, 'tbody')[0];
    if (table === undefined) throw new Error('no table');
    let changes = 0;
    const observer = new MutationObserver(() => changes++);
    observer.observe(table, { subtree: true, childList: true, characterData: true });
    for (let i = 1; i <= 5; i++) {
      provided.setValue([figuresOf('p1', good, 1_000_000 + i * 100_000)]);
      room.setValue({ ...emptyRoomView, participants: [self, { ...ada, speaking: i % 2 === 0 }] });
      await stats.updateComplete;
    }
    expect(changes).to.equal(0);
    await new Promise<void>((resolve) => {
      const next = new MutationObserver(() => {
        next.disconnect();
        resolve();
      });
      next.observe(table, { subtree: true, childList: true, characterData: true });
    });
    expect(performance.now() - began).to.be.greaterThan(1800);
    expect(rowOf(stats, 0)[2]).to.match(/^1\.5 Mbit\/s/);
    room.setValue({ ...emptyRoomView, participants: [self, { ...ada, speaking: true }] });
    await stats.updateComplete;
    observer.disconnect();
    expect(changes).to.equal(1);
  });

  it('becomes cards with the columns’ names where it is narrow, and fits 160 px', async () => {
    for (const width of ['320px', '160px']) {
      const long = { ...ada, name: 'Wolfeschlegelsteinhausenbergerdorff' };
      const { page, stats } = await shown([self, long, bob], [figuresOf('p1', good, 1_240_000)], width);
      expect(stats.scrollWidth, width).to.be.at.most(page.clientWidth);
      for (const cell of inside<HTMLElement>(stats, 'tbody th, tbody td')) {
        expect(cell.scrollWidth, `${width} ${read(cell)}`).to.be.at.most(cell.clientWidth + 1);
      }
      const label = getComputedStyle(inside(stats, 'td[data-label]')[0] ?? stats, '::before').content;
      expect(label).to.contain('Sent');
      await expect(stats).to.be.accessible();
    }
  });

  it('writes figures from left to right where words run from right to left', async () => {
    document.documentElement.dir = 'rtl';
    const { stats } = await shown([self, ada], [figuresOf('p1', good, 1_240_000)], '320px');
    for (const line of inside<HTMLElement>(stats, 'tbody th, .line')) {
      const words = line.querySelector('bdi')?.getBoundingClientRect();
      expect(line.getBoundingClientRect().right - (words?.right ?? 0), read(line)).to.be.lessThan(2);
    }
    await expect(stats).to.be.accessible();
  });

  it('shows markup in a name as text', async () => {
    const { stats } = await shown([self, { ...ada, name: '<img src=x onerror=alert(1)>' }], []);
    expect(inside(stats, 'img')).to.have.length(0);
    expect(rowOf(stats, 0)[0]).to.contain('<img');
  });
});
