/** The lobby in each of its states, with a server inside the page that says what the test wants. */
import { aTimeout, expect, fixture, html, nextFrame, oneEvent } from '@open-wc/testing';
import { problemBefore, RoomForm } from '../../../src/components/rtc-lobby/room-form.ts';
import type { RtcLobby } from '../../../src/components/rtc-lobby/rtc-lobby.ts';
import '../../../src/define/lobby.ts';
import type { RoomSummary } from '../../../src/protocol/messages/lobby.ts';
import { fillHref } from '../../../src/ui/href-template.ts';
import { type Answer, PagePhoenix } from '../../support/page-phoenix.ts';
import { waitUntil } from '../../support/wait-until.ts';

const room = (slug: string, more: Partial<RoomSummary> = {}): RoomSummary => ({
  slug,
  title: `Room ${slug}`,
  peers: 0,
  max_peers: 8,
  ...more,
});
const joinedWith = (rooms: readonly RoomSummary[]): Answer => ({ status: 'ok', response: { rooms } });
const refused = (reason: string): Answer => ({ status: 'error', response: { reason } });

const presence = (people: Readonly<Record<string, string | null>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(people).map(([name, inside]) => [name, { metas: [{ phx_ref: name, name, room: inside }] }]));

const root = (lobby: RtcLobby): ShadowRoot => {
  if (lobby.shadowRoot === null) throw new Error('<rtc-lobby> has no shadow root');
  return lobby.shadowRoot;
};

function find<E extends Element = HTMLElement>(lobby: RtcLobby, selector: string): E {
  const found = root(lobby).querySelector<E>(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

const texts = (lobby: RtcLobby, selector: string): string[] =>
  [...root(lobby).querySelectorAll(selector)].map((element) => element.textContent?.trim() ?? '');
const text = (lobby: RtcLobby, selector: string): string => texts(lobby, selector).join();

async function type(lobby: RtcLobby, id: 'title' | 'slug', value: string, leave = false): Promise<void> {
  const input = find<HTMLInputElement>(lobby, `#${id}`);
  input.focus();
  input.value = value;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  if (leave) input.dispatchEvent(new Event('change', { bubbles: true }));
  await lobby.updateComplete;
}

const submit = (lobby: RtcLobby): void => find<HTMLFormElement>(lobby, 'form').requestSubmit();

describe('rtc-lobby', () => {
  let server: PagePhoenix;

  beforeEach(() => {
    server = new PagePhoenix();
    server.answer = (event) => (event === 'phx_join' ? joinedWith([room('one'), room('two')]) : { status: 'ok', response: {} });
  });

  afterEach(() => {
    server.restore();
    document.documentElement.dir = '';
  });

  const open = async (lobby = html`<rtc-lobby server="http://localhost:9"></rtc-lobby>`): Promise<RtcLobby> => {
    const element = await fixture<RtcLobby>(lobby);
    await waitUntil(() => root(element).querySelector('.room, .error') !== null || text(element, '.notice').includes('no rooms'));
    await element.updateComplete;
    return element;
  };

  it('says that it is looking, what there is, and that there is nothing', async () => {
    const waiting = await fixture<RtcLobby>(html`<rtc-lobby server="http://localhost:9"></rtc-lobby>`);
    expect(text(waiting, '.notice')).to.equal('Looking for rooms…');
    await expect(waiting).to.be.accessible();
    const lobby = await open();
    expect(texts(lobby, '.open')).to.deep.equal(['Room one', 'Room two']);
    expect(text(lobby, '.notice')).to.equal('');
    server.answer = () => joinedWith([]);
    const empty = await open();
    expect(text(empty, '.notice')).to.equal('There are no rooms yet.');
    await expect(empty).to.be.accessible();
  });

  it('introduces its user by display-name', async () => {
    await open(html`<rtc-lobby server="http://localhost:9" display-name="Ada"></rtc-lobby>`);
    expect(server.heard[0]?.payload).to.deep.equal({ v: 1, name: 'Ada' });
  });

  it('shows who is inside, and that a room is full', async () => {
    server.answer = () => joinedWith([room('one', { peers: 2, max_peers: 2 }), room('two')]);
    server.joined = () => server.broadcast('lobby', 'presence_state', presence({ Ada: 'one', '<b>Ben</b>': 'one', Eve: null }));
    const lobby = await open();
    await waitUntil(() => text(lobby, '.people').includes('Ada'));
    expect(texts(lobby, '.people')).to.deep.equal(['Ada and <b>Ben</b>', 'Nobody is inside']);
    expect(texts(lobby, '.count')).to.deep.equal(['Full: 2 of 2', '0 of 8']);
    expect(root(lobby).querySelector('b')).to.equal(null);
    await expect(lobby).to.be.accessible();
  });

  it('follows rooms that are made, filled and closed, and people who come and go', async () => {
    const lobby = await open();
    server.broadcast('lobby', 'presence_state', presence({}));
    server.broadcast('lobby', 'room_created', room('new'));
    server.broadcast('lobby', 'room_updated', room('two', { peers: 1 }));
    server.broadcast('lobby', 'presence_diff', { joins: presence({ Ben: 'two' }), leaves: {} });
    server.broadcast('lobby', 'room_closed', { slug: 'one' });
    server.broadcast('lobby', 'room_created', { slug: 'Not A Slug' });
    await lobby.updateComplete;
    expect(texts(lobby, '.open')).to.deep.equal(['Room new', 'Room two']);
    expect(texts(lobby, '.people')).to.deep.equal(['Nobody is inside', 'Ben']);
    server.broadcast('lobby', 'presence_diff', { joins: {}, leaves: presence({ Ben: 'two' }) });
    server.broadcast('lobby', 'room_updated', room('two'));
    await lobby.updateComplete;
    expect(texts(lobby, '.people')).to.deep.equal(['Nobody is inside', 'Nobody is inside']);
  });

  it('keeps the focus on its room when others come, and hands it on when that one is closed', async () => {
    const lobby = await open();
    find(lobby, '[data-slug=two] .open').focus();
    server.broadcast('lobby', 'room_created', room('new'));
    await lobby.updateComplete;
    expect(root(lobby).activeElement).to.equal(find(lobby, '[data-slug=two] .open'));
    server.broadcast('lobby', 'room_closed', { slug: 'two' });
    await lobby.updateComplete;
    expect(root(lobby).activeElement).to.equal(find(lobby, '#rooms'));
  });

  it('opens rooms by an event where the page gives no address', async () => {
    const lobby = await open();
    const button = find(lobby, '.open');
    expect(button.localName).to.equal('button');
    setTimeout(() => button.click());
    const { detail, cancelable } = await oneEvent(lobby, 'rtc-room-open');
    expect([detail, cancelable]).to.deep.equal([{ slug: 'one', title: 'Room one' }, true]);
  });

  it('opens rooms by links where the page says how, and lets the page keep one from being followed', async () => {
    const lobby = await open(html`<rtc-lobby server="http://localhost:9" href-template="/call.html?room={slug}"></rtc-lobby>`);
    const link = find<HTMLAnchorElement>(lobby, '.open');
    expect(link.getAttribute('href')).to.equal('/call.html?room=one');
    lobby.addEventListener('rtc-room-open', (event) => event.preventDefault());
    const click = new MouseEvent('click', { bubbles: true, composed: true, cancelable: true });
    expect(link.dispatchEvent(click)).to.equal(false);
    await expect(lobby).to.be.accessible();
  });

  it('makes no link of an address that is code, and says so', async () => {
    const logs: string[] = [];
    const hear = (event: Event): void => void logs.push((event as CustomEvent<{ message: string }>).detail.message);
    document.addEventListener('rtc-log', hear);
    const lobby = await open(html`<rtc-lobby server="http://localhost:9" href-template="JavaScript:alert('{slug}')"></rtc-lobby>`);
    document.removeEventListener('rtc-log', hear);
    expect(root(lobby).querySelector('a')).to.equal(null);
    expect(find(lobby, '.open').localName).to.equal('button');
    expect(logs.filter((message) => message.includes('href-template'))).to.have.length(1);
  });

  it('fills in names that are safe in an address, and takes web addresses alone', () => {
    expect(fillHref('/r/{slug}#{slug}', 'a/b?c')).to.equal('/r/a%2Fb%3Fc#a%2Fb%3Fc');
    expect(fillHref('https://example.org/{slug}', 'a')).to.equal('https://example.org/a');
    for (const template of [
      'javascript:alert(1)',
      ' java\nscript:alert(1)',
      'data:text/html,{slug}',
      'blob:x',
      'https://',
      'mailto:{slug}',
    ]) {
      expect(fillHref(template, 'a'), template).to.equal(null);
    }
  });

  it('creates a room, tells the page, and leads to it', async () => {
    server.answer = (event) => {
      if (event === 'phx_join') return joinedWith([]);
      server.broadcast('lobby', 'room_created', room('team-standup', { title: 'Team Standup' }));
      return { status: 'ok', response: { slug: 'team-standup' } };
    };
    const lobby = await open();
    await type(lobby, 'title', '  Team Standup ');
    expect(find<HTMLInputElement>(lobby, '#slug').value).to.equal('team-standup');
    setTimeout(() => submit(lobby));
    const { detail } = await oneEvent(lobby, 'rtc-room-create');
    expect(detail).to.deep.equal({ slug: 'team-standup', title: 'Team Standup' });
    expect(server.heard.at(-1)?.payload).to.deep.equal({ title: 'Team Standup', slug: 'team-standup' });
    await lobby.updateComplete;
    expect(root(lobby).activeElement).to.equal(find(lobby, '[data-slug=team-standup] .open'));
    expect(find<HTMLInputElement>(lobby, '#title').value).to.equal('');
    expect(text(lobby, '[role=status]')).to.contain('“Team Standup” is ready.');
  });

  it('lets the address be another one than the name’s, and follow it again', async () => {
    const lobby = await open();
    await type(lobby, 'title', 'Été à Paris');
    expect(find<HTMLInputElement>(lobby, '#slug').value).to.equal('ete-a-paris');
    await type(lobby, 'slug', 'My Own!', true);
    await type(lobby, 'title', 'Other');
    expect(find<HTMLInputElement>(lobby, '#slug').value).to.equal('my-own');
    await type(lobby, 'slug', '');
    expect(find<HTMLInputElement>(lobby, '#slug').value).to.equal('');
    await type(lobby, 'slug', '', true);
    expect(find<HTMLInputElement>(lobby, '#slug').value).to.equal('other');
  });

  it('leaves the address of a name without letters to the server', async () => {
    const lobby = await open();
    await type(lobby, 'title', 'غرفة');
    expect(text(lobby, '.hint')).to.equal('The server chooses an address.');
    submit(lobby);
    await waitUntil(() => server.heard.length > 1);
    expect(server.heard.at(-1)?.payload).to.deep.equal({ title: 'غرفة' });
  });

  it('asks for what is missing at the field, before it asks the server', async () => {
    const lobby = await open();
    submit(lobby);
    await lobby.updateComplete;
    expect(text(lobby, '#title-problem')).to.equal('Give the room a name.');
    expect(root(lobby).activeElement).to.equal(find(lobby, '#title'));
    await expect(lobby).to.be.accessible();
    await type(lobby, 'title', 'x');
    expect(text(lobby, '#title-problem')).to.equal('');
    await type(lobby, 'slug', '!!!');
    submit(lobby);
    await lobby.updateComplete;
    expect(text(lobby, '#slug-problem')).to.contain('at least one of the letters');
    expect(server.heard).to.have.length(1);
  });

  it('says at the address that it is taken, and loses nothing that was typed', async () => {
    server.answer = (event) => (event === 'phx_join' ? joinedWith([]) : refused('taken'));
    const lobby = await open();
    await type(lobby, 'title', 'Team');
    submit(lobby);
    await waitUntil(() => text(lobby, '#slug-problem').includes('at this address already'));
    expect(root(lobby).activeElement).to.equal(find(lobby, '#slug'));
    expect(find(lobby, '#slug').getAttribute('aria-invalid')).to.equal('true');
    expect(texts(lobby, 'input').length).to.equal(2);
    expect([find<HTMLInputElement>(lobby, '#title').value, find<HTMLInputElement>(lobby, '#slug').value]).to.deep.equal(['Team', 'team']);
    await expect(lobby).to.be.accessible();
  });

  it('explains that the user may not create rooms, and what else is refused', async () => {
    let reason = 'unauthorized';
    server.answer = (event) => (event === 'phx_join' ? joinedWith([]) : refused(reason));
    const lobby = await open();
    const problem = async (): Promise<string> => {
      await type(lobby, 'title', 'Team');
      submit(lobby);
      await waitUntil(() => text(lobby, 'form > .problem') !== '');
      return text(lobby, 'form > .problem');
    };
    expect(await problem()).to.contain('You may not create rooms here');
    reason = 'invalid';
    expect(await problem()).to.contain('does not take this name');
    reason = 'limit';
    expect(await problem()).to.contain('slow down');
  });

  it('says that the connection is lost, keeps its rooms, and is up to date when it is back', async () => {
    const lobby = await open();
    server.answer = () => undefined;
    server.drop();
    await waitUntil(() => text(lobby, '.notice').includes('Reconnecting'));
    await expect(lobby).to.be.accessible();
    expect(texts(lobby, '.open')).to.deep.equal(['Room one', 'Room two']);
    await type(lobby, 'title', 'Team');
    submit(lobby);
    await waitUntil(() => text(lobby, 'form > .problem').includes('no connection'));
    server.answer = () => joinedWith([room('two'), room('three')]);
    server.drop();
    await waitUntil(() => texts(lobby, '.open').includes('Room three'), 'the rooms of now');
    expect(texts(lobby, '.open')).to.deep.equal(['Room two', 'Room three']);
    expect(text(lobby, '.notice')).to.equal('');
    expect(find<HTMLInputElement>(lobby, '#title').value).to.equal('Team');
  });

  it('says that it is refused, and tries again with another token or when asked to', async () => {
    server.answer = () => refused('unauthorized');
    const told: string[] = [];
    const lobby = await open(
      html`<rtc-lobby server="http://localhost:9" @rtc-error=${(event: CustomEvent<{ code: string }>) => told.push(event.detail.code)}></rtc-lobby>`,
    );
    expect(text(lobby, '[part=error]')).to.contain('A token that grants it is needed');
    expect(told).to.deep.equal(['unauthorized']);
    await expect(lobby).to.be.accessible();
    find(lobby, '[part=error] button').click();
    await waitUntil(() => told.length === 2);
    server.answer = () => joinedWith([room('one')]);
    lobby.token = 'better';
    await waitUntil(() => texts(lobby, '.open').length === 1);
    expect(root(lobby).querySelector('[part=error]')).to.equal(null);
    expect(lobby.outerHTML).not.to.contain('better');
  });

  it('says that its server’s address is none', async () => {
    const lobby = await open(html`<rtc-lobby server="http://:::"></rtc-lobby>`);
    expect(text(lobby, '[part=error]')).to.contain('is not the address of a server');
    lobby.server = 'http://localhost:9';
    await waitUntil(() => texts(lobby, '.open').length === 2);
    expect(root(lobby).querySelector('[part=error]')).to.equal(null);
  });

  it('shares the socket of the rtc-connection around it', async () => {
    const around = await fixture(html`<rtc-connection server="http://localhost:9"><rtc-lobby></rtc-lobby></rtc-connection>`);
    const lobby = around.querySelector('rtc-lobby');
    if (lobby === null) throw new Error('there is no lobby');
    await waitUntil(() => texts(lobby, '.open').length === 2);
    expect(server.connections).to.equal(1);
  });

  it('keeps its socket when it is moved, and closes it when it is removed', async () => {
    const lobby = await open();
    const elsewhere = document.createElement('div');
    document.body.append(elsewhere);
    elsewhere.append(lobby);
    await aTimeout(300);
    expect([server.connections, server.heard.length]).to.deep.equal([1, 1]);
    elsewhere.remove();
    await waitUntil(() => server.connections === 0);
    document.body.append(elsewhere);
    await waitUntil(() => server.connections === 1);
    await waitUntil(() => texts(lobby, '.open').length === 2);
    elsewhere.remove();
  });

  for (const width of [160, 390, 1000]) {
    it(`fits into ${width} px from right to left, with long words`, async () => {
      document.documentElement.dir = 'rtl';
      server.answer = () => joinedWith([room('a'.repeat(63), { title: 'x'.repeat(80), peers: 8 })]);
      server.joined = () => server.broadcast('lobby', 'presence_state', presence({ ['y'.repeat(80)]: 'a'.repeat(63) }));
      const lobby = await open();
      lobby.style.inlineSize = `${width}px`;
      await type(lobby, 'title', 'z'.repeat(80));
      await nextFrame();
      expect(lobby.scrollWidth).to.be.at.most(width);
      await expect(lobby).to.be.accessible();
    });
  }
});

describe('the form of a room', () => {
  it('derives the address until one is written', () => {
    const form = new RoomForm({ title: 'Team Standup' });
    expect(form.slug).to.equal('team-standup');
    expect(form.with({ typedSlug: 'Other One' }).slug).to.equal('other-one');
    expect(problemBefore(form)).to.equal(null);
    expect(problemBefore(new RoomForm({ title: ' ' }))?.field).to.equal('title');
  });
});
