/** Who is here, and what a moderator can do about it, in a room that stands still. */
import { expect } from '@open-wc/testing';
import { RtcRoster } from '../../../src/components/rtc-roster/rtc-roster.ts';
import { define } from '../../../src/ui/define.ts';
import type { Participant, RoomView } from '../../../src/ui/room-context.ts';
import { participant, type RoomAround, roomAround } from '../../support/room-around.ts';

define('rtc-roster', RtcRoster);

const REQUESTS = ['rtc-pin-request', 'rtc-mute-request', 'rtc-kick-request', 'rtc-close-request'];
const me = participant('me', 'Ada', { self: true });
const ben = participant('p1', 'Ben', { microphone: false });
const eve = participant('p2', 'Eve', { screen: true });
const MODERATOR: Partial<RoomView> = { can: ['join', 'moderate'], participants: [me, ben, eve], maxPeers: 8 };

type Roster = RoomAround<RtcRoster>;
const rosterWith = (view: Partial<RoomView> = {}): Promise<Roster> =>
  roomAround<RtcRoster>('rtc-roster', REQUESTS, { participants: [me, ben, eve], maxPeers: 8, ...view });

function find({ root }: Roster, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

async function click(roster: Roster, selector: string): Promise<void> {
  const button = find(roster, selector);
  button.focus();
  button.click();
  await roster.part.updateComplete;
}

const labels = ({ root }: Roster): (string | undefined)[] =>
  [...root.querySelectorAll('[part=person]')].map((button) => button.textContent?.replace(/\s+/g, ' ').trim());
const words = ({ root }: Roster, selector: string): (string | undefined)[] =>
  [...root.querySelectorAll(selector)].map((element) => element.textContent?.trim());
const focused = ({ root }: Roster): Element | null => root.activeElement;

async function pressEscape(roster: Roster): Promise<boolean> {
  const passed = focused(roster)?.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true, cancelable: true }),
  );
  await roster.part.updateComplete;
  return passed ?? true;
}

describe('rtc-roster', () => {
  it('counts who is here, oneself first, and says in words how each is doing', async () => {
    const roster = await rosterWith();
    expect(find(roster, '[part=count]').textContent?.trim()).to.equal('3 of 8');
    expect(labels(roster)).to.deep.equal([
      'Ada (you), microphone on, camera on',
      'Ben, microphone off, camera on',
      'Eve, microphone on, camera on, shares the screen',
    ]);
    await expect(roster.part).to.be.accessible();
  });

  it('counts without a limit where the server names none', async () => {
    const roster = await rosterWith({ maxPeers: null });
    expect(find(roster, '[part=count]').textContent?.trim()).to.equal('3 here');
  });

  it('says outside a call that one has to join', async () => {
    const roster = await rosterWith({ participants: [] });
    expect(find(roster, '[part=count]').textContent).to.contain('Join the room');
    await expect(roster.part).to.be.accessible();
  });

  it('names what is wrong with a connection, and whose fault it is', async () => {
    const told = async (more: Partial<Participant>): Promise<string> => {
      const roster = await rosterWith({ participants: [me, participant('p1', 'Ben', more)] });
      return words(roster, '.trouble').join();
    };
    expect(await told({ away: true })).to.equal('Reconnecting…');
    expect(await told({ link: 'failed' })).to.equal('No connection');
    expect(await told({ quality: { level: 'poor', cause: 'peer' } })).to.equal('Poor connection: their network or device');
    expect(await told({ quality: { level: 'fair', cause: 'none' } })).to.equal('Fair connection');
    expect(await told({ quality: { level: 'good', cause: 'none' } })).to.equal('');
    const good = await rosterWith({ participants: [participant('p1', 'Ben', { quality: { level: 'good', cause: 'none' } })] });
    expect(labels(good)).to.deep.equal(['Ben, microphone on, camera on, good connection']);
  });

  it('shows markup in a name as text', async () => {
    const roster = await rosterWith({ participants: [me, participant('p1', '<img src=x>')] });
    expect(roster.root.querySelector('img')).to.equal(null);
    expect(words(roster, '.name bdi')).to.deep.equal(['Ada (you)', '<img src=x>']);
  });

  it('asks for a large tile, and for the end of it', async () => {
    const roster = await rosterWith();
    await click(roster, '[data-id=p1] [part=person]');
    await click(roster, '[data-id=self] [part=person]');
    await roster.show({ pinned: 'p1' });
    expect(find(roster, '[data-id=p1] [part=person]').getAttribute('aria-pressed')).to.equal('true');
    await click(roster, '[data-id=p1] [part=person]');
    expect(roster.asked.map(({ detail }) => detail)).to.deep.equal([{ tile: 'p1' }, { tile: 'self' }, { tile: null }]);
  });

  it('offers nothing to moderate to whoever may not', async () => {
    const roster = await rosterWith({ can: ['join'] });
    expect(roster.root.querySelector('.more, [part=close]')).to.equal(null);
  });

  it('lets a moderator turn off what is on, of others alone', async () => {
    const roster = await rosterWith(MODERATOR);
    expect(roster.root.querySelector('[data-id=self] .more')).to.equal(null);
    await click(roster, '[data-id=p1] .more');
    expect(words(roster, '.actions button')).to.deep.equal(['Turn camera off', 'Remove…']);
    await click(roster, '[data-id=p2] .more');
    expect(words(roster, '.actions button')).to.deep.equal(['Mute', 'Turn camera off', 'Stop screen share', 'Remove…']);
    await expect(roster.part).to.be.accessible();
    for (const kind of ['mic', 'camera', 'screen']) await click(roster, `[data-kind=${kind}]`);
    expect(roster.asked.map(({ type, detail }) => [type, detail])).to.deep.equal(
      ['mic', 'camera', 'screen'].map((kind) => ['rtc-mute-request', { peerId: 'p2', kind }]),
    );
  });

  it('leaves the focus on the person when an action has done its work', async () => {
    const roster = await rosterWith(MODERATOR);
    await click(roster, '[data-id=p2] .more');
    await click(roster, '[data-kind=mic]');
    await roster.show({ participants: [me, ben, { ...eve, microphone: false }] });
    expect(focused(roster)).to.equal(find(roster, '[data-id=p2] .more'));
  });

  it('asks once before it removes somebody, with the focus on the answer that does no harm', async () => {
    const roster = await rosterWith(MODERATOR);
    await click(roster, '[data-id=p1] .more');
    await click(roster, '.remove');
    expect(words(roster, '.ask')).to.deep.equal(['Remove \u2068Ben\u2069? They cannot come back for 10 minutes.']);
    expect(focused(roster)).to.equal(find(roster, '.cancel'));
    expect(roster.asked).to.deep.equal([]);
    await expect(roster.part).to.be.accessible();
    await click(roster, '.cancel');
    expect(focused(roster)).to.equal(find(roster, '.remove'));
    await click(roster, '.remove');
    await click(roster, '.danger');
    expect(roster.asked).to.deep.equal([{ type: 'rtc-kick-request', detail: { peerId: 'p1' } }]);
    expect(focused(roster)).to.equal(find(roster, '[data-id=p1] .more'));
    await roster.show({ participants: [me, eve] });
    expect(focused(roster)).to.equal(find(roster, '[data-id=p2] .more'));
  });

  it('takes the question back when the person has gone meanwhile', async () => {
    const roster = await rosterWith(MODERATOR);
    await click(roster, '[data-id=p2] .more');
    await click(roster, '.remove');
    await roster.show({ participants: [me] });
    expect(roster.root.querySelector('.ask')).to.equal(null);
    expect(focused(roster)).to.equal(find(roster, '[data-id=self] .who'));
  });

  it('asks once before it closes the room', async () => {
    const roster = await rosterWith(MODERATOR);
    await click(roster, '[part=close]');
    expect(words(roster, '.ask')).to.deep.equal(['End the call for everyone here?']);
    await expect(roster.part).to.be.accessible();
    await click(roster, '.cancel');
    expect(focused(roster)).to.equal(find(roster, '[part=close]'));
    expect(roster.asked).to.deep.equal([]);
    await click(roster, '[part=close]');
    await click(roster, '.danger');
    expect(roster.asked.map(({ type }) => type)).to.deep.equal(['rtc-close-request']);
  });

  it('steps back with Escape, and keeps the key from what is around it', async () => {
    const roster = await rosterWith(MODERATOR);
    await click(roster, '[data-id=p1] .more');
    await click(roster, '.remove');
    expect(await pressEscape(roster)).to.equal(false);
    expect(focused(roster)).to.equal(find(roster, '.remove'));
    expect(await pressEscape(roster)).to.equal(false);
    expect(focused(roster)).to.equal(find(roster, '[data-id=p1] .more'));
    expect(roster.root.querySelector('.actions')).to.equal(null);
    expect(await pressEscape(roster)).to.equal(true);
  });

  it('stops moderating when the grant is gone', async () => {
    const roster = await rosterWith(MODERATOR);
    await click(roster, '[part=close]');
    await roster.show({ can: ['join'] });
    expect(roster.root.querySelector('.ask, .more, [part=close]')).to.equal(null);
    await roster.show({ can: ['moderate'] });
    expect(roster.root.querySelector('.ask')).to.equal(null);
  });

  for (const width of [160, 390]) {
    it(`fits into ${width} px from right to left, with long names`, async () => {
      document.documentElement.dir = 'rtl';
      const long = participant('p3', 'x'.repeat(200), { screen: true, quality: { level: 'poor', cause: 'downlink' } });
      const roster = await rosterWith({ ...MODERATOR, participants: [me, long] });
      roster.part.style.inlineSize = `${width}px`;
      await click(roster, '[data-id=p3] .more');
      expect(roster.part.scrollWidth).to.be.at.most(width);
      await click(roster, '.remove');
      expect(roster.part.scrollWidth).to.be.at.most(width);
      await expect(roster.part).to.be.accessible();
      document.documentElement.dir = '';
    });
  }
});
