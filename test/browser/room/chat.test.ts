/** The chat as its reader and writer meet it, in a room that stands still. */
import { expect, nextFrame } from '@open-wc/testing';
import { RtcChat } from '../../../src/components/rtc-chat/rtc-chat.ts';
import type { ChatEntry } from '../../../src/signaling/chat-entry.ts';
import { define } from '../../../src/ui/define.ts';
import { splitAddresses } from '../../../src/ui/linked-text.ts';
import type { RoomView } from '../../../src/ui/room-context.ts';
import { type RoomAround, roomAround } from '../../support/room-around.ts';
import { waitUntil } from '../../support/wait-until.ts';

define('rtc-chat', RtcChat);

const REQUESTS = ['rtc-chat-request', 'rtc-chat-delete-request', 'rtc-chat-retry-request'];
const MORNING = new Date(2026, 0, 5, 9, 30).getTime();

const entry = (id: string, more: Partial<ChatEntry> = {}): ChatEntry => ({
  id,
  from: 'p1',
  name: 'Ben',
  body: `text of ${id}`,
  at: MORNING,
  own: false,
  state: 'sent',
  ...more,
});

const many = (count: number): ChatEntry[] =>
  Array.from({ length: count }, (_, index) => entry(`m${index}`, { at: MORNING + index * 60_000 }));

const chatWith = (view: Partial<RoomView> = {}): Promise<RoomAround<RtcChat>> => roomAround<RtcChat>('rtc-chat', REQUESTS, view);

function find<E extends Element = HTMLElement>({ root }: RoomAround<RtcChat>, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

const log = (chat: RoomAround<RtcChat>): HTMLElement => find(chat, '[part=log]');
const field = (chat: RoomAround<RtcChat>): HTMLTextAreaElement => find(chat, 'textarea');
const isAtEnd = (chat: RoomAround<RtcChat>): boolean => {
  const { scrollTop, scrollHeight, clientHeight } = log(chat);
  return scrollHeight - scrollTop - clientHeight < 2;
};
const bodies = ({ root }: RoomAround<RtcChat>): (string | null)[] =>
  [...root.querySelectorAll('[part=body]')].map((body) => body.textContent);

async function type(chat: RoomAround<RtcChat>, text: string): Promise<void> {
  field(chat).value = text;
  field(chat).dispatchEvent(new InputEvent('input', { bubbles: true }));
  await chat.part.updateComplete;
}

function press(chat: RoomAround<RtcChat>, init: KeyboardEventInit = {}): boolean {
  return field(chat).dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true, cancelable: true, ...init }),
  );
}

async function scrollUp(chat: RoomAround<RtcChat>): Promise<void> {
  log(chat).scrollTop = 0;
  await nextFrame();
  await nextFrame();
}

describe('rtc-chat', () => {
  afterEach(async () => {
    // What one test leaves in the field is no other test's draft.
    const chat = await chatWith();
    await type(chat, '');
    document.documentElement.dir = '';
    document.documentElement.lang = 'en';
  });

  it('says that there is nothing yet, and is accessible', async () => {
    const chat = await chatWith();
    expect(log(chat).textContent).to.contain('No messages yet');
    await expect(chat.part).to.be.accessible();
  });

  it('shows who wrote what and when, in the page’s language', async () => {
    document.documentElement.lang = 'de-DE';
    const chat = await chatWith({ chat: [entry('a', { at: Date.now() }), entry('b', { own: true, from: 'me', name: 'Ada' })] });
    expect(bodies(chat)).to.deep.equal(['text of a', 'text of b']);
    expect(find(chat, '[part=name]').textContent).to.equal('Ben');
    expect(find(chat, 'time').textContent).to.match(/^\d\d:\d\d$/);
    expect(find(chat, '.own time').textContent).to.contain('05.01.2026');
    await expect(chat.part).to.be.accessible();
  });

  it('stands a page whose language is none', async () => {
    document.documentElement.lang = 'en_US';
    const chat = await chatWith({ chat: [entry('a')] });
    expect(find(chat, 'time').textContent).not.to.equal('');
  });

  it('shows markup in a name and in a message as text', async () => {
    const chat = await chatWith({
      chat: [entry('a', { name: '<b>Ben</b>', body: '<img src=x onerror=alert(1)><script>alert(2)</script>' })],
    });
    expect(chat.root.querySelector('img, script, b')).to.equal(null);
    expect(find(chat, '[part=name]').textContent).to.equal('<b>Ben</b>');
    expect(bodies(chat)).to.deep.equal(['<img src=x onerror=alert(1)><script>alert(2)</script>']);
  });

  it('links web addresses, and nothing else', async () => {
    const body = 'See https://example.org/a_(b)?c=d#e. Not javascript:alert(1), (http://example.com) or https://';
    const chat = await chatWith({ chat: [entry('a', { body })] });
    const links = [...chat.root.querySelectorAll('a')];
    expect(links.map(({ href }) => href)).to.deep.equal(['https://example.org/a_(b)?c=d#e', 'http://example.com/']);
    expect(links.every(({ rel, target }) => target === '_blank' && rel === 'noopener noreferrer nofollow')).to.equal(true);
    expect(bodies(chat)).to.deep.equal([body]);
  });

  it('puts together what it took apart for its links', () => {
    for (const text of [
      '',
      'https://a.b',
      'x https://a.b/…',
      '[https://a.b]',
      'https://a.b)))',
      '«https://a.b»',
      'HTTPS://A.B!',
      'https://[',
    ]) {
      expect(
        splitAddresses(text)
          .map((part) => (typeof part === 'string' ? part : part.text))
          .join(''),
      ).to.equal(text);
    }
  });

  it('sends what is typed on Enter, and makes a line of Shift+Enter', async () => {
    const chat = await chatWith();
    await type(chat, '  hello  ');
    expect(press(chat, { shiftKey: true })).to.equal(true);
    expect(chat.asked).to.deep.equal([]);
    expect(press(chat)).to.equal(false);
    expect(chat.asked).to.deep.equal([{ type: 'rtc-chat-request', detail: { body: 'hello' } }]);
    await chat.part.updateComplete;
    expect(field(chat).value).to.equal('');
  });

  it('sends nothing while a word is being composed', async () => {
    const chat = await chatWith();
    await type(chat, 'に');
    press(chat, { isComposing: true });
    press(chat, { keyCode: 229 });
    expect(chat.asked).to.deep.equal([]);
    expect(field(chat).value).to.equal('に');
  });

  it('sends nothing of nothing', async () => {
    const chat = await chatWith();
    await type(chat, ' \n ');
    press(chat);
    find<HTMLButtonElement>(chat, '[part=send]').click();
    expect(chat.asked).to.deep.equal([]);
  });

  it('keeps the words in the field when the page has cancelled', async () => {
    const chat = await chatWith();
    chat.part.addEventListener('rtc-chat-request', (event) => event.preventDefault());
    await type(chat, 'hello');
    press(chat);
    await chat.part.updateComplete;
    expect(field(chat).value).to.equal('hello');
  });

  it('counts near the end, and refuses 501 characters without losing one', async () => {
    const chat = await chatWith();
    await type(chat, 'x'.repeat(449));
    expect(chat.root.querySelector('[part=counter]')).to.equal(null);
    await type(chat, '😀'.repeat(490));
    expect(find(chat, '[part=counter]').textContent).to.contain('10 characters left');
    await type(chat, 'x'.repeat(501));
    expect(find(chat, '[part=counter]').textContent).to.contain('Too long by 1');
    expect(field(chat).getAttribute('aria-invalid')).to.equal('true');
    expect(find(chat, '[role=status]').textContent).to.contain('Too long by 1');
    press(chat);
    expect(chat.asked).to.deep.equal([]);
    expect(field(chat).value.length).to.equal(501);
    await expect(chat.part).to.be.accessible();
  });

  it('grows with what is typed, up to a few lines', async () => {
    const chat = await chatWith();
    const one = field(chat).offsetHeight;
    await type(chat, 'a\nb\nc');
    const three = field(chat).offsetHeight;
    expect(three).to.be.greaterThan(one);
    await type(chat, 'a\n'.repeat(40));
    expect(field(chat).offsetHeight).to.be.lessThan(three * 3);
    await type(chat, '');
    expect(field(chat).offsetHeight).to.equal(one);
  });

  it('keeps what was typed when it is closed and opened again, by room', async () => {
    const first = await chatWith();
    await type(first, 'half a sent');
    first.part.remove();
    const second = await chatWith();
    expect(field(second).value).to.equal('half a sent');
    await second.show({ room: 'other' });
    expect(field(second).value).to.equal('');
    await second.show({ room: 'team' });
    expect(field(second).value).to.equal('half a sent');
  });

  it('cannot be written in outside a call', async () => {
    const chat = await chatWith({ participants: [] });
    expect(field(chat).disabled).to.equal(true);
    expect(field(chat).placeholder).to.equal('Join the room to write.');
    await expect(chat.part).to.be.accessible();
  });

  it('lets the author delete, and a moderator delete everything', async () => {
    const messages = [entry('theirs'), entry('mine', { own: true, from: 'me' })];
    const chat = await chatWith({ chat: messages });
    const buttons = (): HTMLButtonElement[] => [...chat.root.querySelectorAll<HTMLButtonElement>('[part=delete]')];
    expect(buttons().map((button) => button.getAttribute('aria-label'))).to.deep.equal(['Delete your message']);
    await chat.show({ can: ['join', 'moderate'] });
    expect(buttons().map((button) => button.getAttribute('aria-label'))).to.deep.equal(['Delete this message', 'Delete your message']);
    buttons()[0]?.click();
    expect(chat.asked).to.deep.equal([{ type: 'rtc-chat-delete-request', detail: { id: 'theirs' } }]);
    expect(bodies(chat)).to.have.length(2);
    await expect(chat.part).to.be.accessible();
  });

  it('hands the focus on when the message that had it is deleted', async () => {
    const chat = await chatWith({ can: ['moderate'], chat: [entry('a'), entry('b')] });
    find(chat, '[data-id=a] button').focus();
    await chat.show({ chat: [entry('b')] });
    expect(chat.root.activeElement).to.equal(find(chat, '[data-id=b] button'));
    await chat.show({ chat: [] });
    expect(chat.root.activeElement).to.equal(field(chat));
  });

  it('keeps the focus, the field and the caret when messages come', async () => {
    const chat = await chatWith({ chat: [entry('a')] });
    await type(chat, 'half');
    field(chat).focus();
    field(chat).setSelectionRange(1, 2);
    await chat.show({ chat: [entry('a'), entry('b')] });
    expect(chat.root.activeElement).to.equal(field(chat));
    expect([field(chat).value, field(chat).selectionStart, field(chat).selectionEnd]).to.deep.equal(['half', 1, 2]);
  });

  it('says that a message is on its way, waits, or was refused, and offers to send it again', async () => {
    const own = { own: true, from: 'me', name: 'Ada' };
    const error = { code: 'network' as const, message: 'The connection was lost.' };
    const chat = await chatWith({ chat: [entry('a', { ...own, state: 'sending' })] });
    expect(find(chat, '[part=state]').textContent).to.contain('Sending…');
    expect(chat.root.querySelector('[part=retry], [part=delete]')).to.equal(null);
    await chat.show({ chat: [entry('a', { ...own, state: 'sending', error })] });
    expect(find(chat, '[part=state]').textContent).to.contain('as soon as the connection is back');
    await chat.show({ chat: [entry('a', { ...own, state: 'failed', error: { code: 'invalid', message: 'no' } })] });
    expect(find(chat, '[part=state]').textContent).to.contain('too long');
    await expect(chat.part).to.be.accessible();
    find(chat, '[part=retry]').click();
    find(chat, '[part=delete]').click();
    expect(chat.asked.map(({ type: asked, detail }) => [asked, detail])).to.deep.equal([
      ['rtc-chat-retry-request', { id: 'a' }],
      ['rtc-chat-delete-request', { id: 'a' }],
    ]);
  });

  it('says when one may write again, and that one may', async () => {
    const limited = (retryAt: number): ChatEntry =>
      entry('a', { own: true, state: 'failed', error: { code: 'limit', message: 'slow down', retryAt } });
    const at = Date.now() + 6900;
    const chat = await chatWith({ chat: [limited(at)] });
    const seconds = Number(/again in (\d+) s/.exec(find(chat, '[part=state]').textContent ?? '')?.[1]);
    expect(seconds).to.be.within(Math.ceil((at - Date.now()) / 1000), 7);
    await chat.show({ chat: [limited(Date.now() + 30)] });
    await waitUntil(() => find(chat, '[part=state]').textContent?.includes('again now'));
  });

  it('shows the newest, and goes on doing so', async () => {
    const chat = await chatWith({ chat: many(60) });
    expect(isAtEnd(chat)).to.equal(true);
    await chat.show({ chat: many(61) });
    expect(isAtEnd(chat)).to.equal(true);
    chat.part.style.blockSize = '200px';
    await nextFrame();
    await nextFrame();
    expect(isAtEnd(chat)).to.equal(true);
  });

  it('leaves the reader where he has scrolled to, and says that there is something new', async () => {
    const chat = await chatWith({ chat: many(60) });
    await scrollUp(chat);
    expect(chat.root.querySelector('[part=newer]')).to.equal(null);
    await chat.show({ chat: many(61) });
    expect(log(chat).scrollTop).to.be.lessThan(5);
    await expect(chat.part).to.be.accessible();
    find(chat, '[part=newer]').click();
    await chat.part.updateComplete;
    expect(isAtEnd(chat)).to.equal(true);
    expect(chat.root.querySelector('[part=newer]')).to.equal(null);
    expect(chat.root.activeElement).to.equal(log(chat));
  });

  it('shows the writer what was just written, wherever the list stood', async () => {
    const chat = await chatWith({ chat: many(60) });
    await scrollUp(chat);
    await chat.show({ chat: [...many(60), entry('mine', { own: true, state: 'sending', at: MORNING + 9e6 })] });
    expect(isAtEnd(chat)).to.equal(true);
  });

  it('has new messages read out, and a history not', async () => {
    const chat = await chatWith();
    expect(log(chat).getAttribute('aria-live')).to.equal('off');
    await waitUntil(() => log(chat).getAttribute('aria-live') === 'polite');
    await chat.show({ chat: [entry('a')] });
    expect(log(chat).getAttribute('aria-live')).to.equal('polite');
    await chat.show({ chat: [entry('a'), ...many(20)] });
    expect(log(chat).getAttribute('aria-live')).to.equal('off');
    await waitUntil(() => log(chat).getAttribute('aria-live') === 'polite');
  });

  it('is not drawn anew for what is not about it', async () => {
    const chat = await chatWith({ chat: [entry('a')] });
    let drawn = 0;
    const observer = new MutationObserver((changes) => {
      drawn += changes.length;
    });
    observer.observe(chat.root, { subtree: true, childList: true, attributes: true, characterData: true });
    await chat.show({ activeSpeaker: 'p1', microphone: true });
    await nextFrame();
    expect(drawn).to.equal(0);
    observer.disconnect();
  });

  for (const width of [160, 390]) {
    it(`fits into ${width} px from right to left, with long words`, async () => {
      document.documentElement.dir = 'rtl';
      const long = 'x'.repeat(300);
      const chat = await chatWith({
        chat: [entry('a', { body: long, name: long }), entry('b', { own: true, state: 'failed', body: long })],
      });
      chat.part.style.inlineSize = `${width}px`;
      await nextFrame();
      expect(log(chat).scrollWidth).to.be.at.most(log(chat).clientWidth);
      expect(chat.part.scrollWidth).to.be.at.most(width);
      await expect(chat.part).to.be.accessible();
    });
  }
});
