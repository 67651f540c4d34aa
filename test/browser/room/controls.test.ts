/** The buttons of a call, and its keys. */
import { expect } from '@open-wc/testing';
import type { RtcControls } from '../../../src/components/rtc-controls/rtc-controls.ts';
import '../../../src/define/rtc-controls.ts';
import type { RoomView } from '../../../src/ui/room-context.ts';
import { type Asked, participant, type RoomAround, roomAround } from '../../support/room-around.ts';

const REQUESTS = ['microphone', 'camera', 'screen', 'panel', 'picture-in-picture', 'fullscreen', 'leave'].map(
  (name) => `rtc-${name}-request`,
);
const me = participant('me', 'Ada', { self: true });
const ben = participant('p1', 'Ben');

type Controls = RoomAround<RtcControls>;
const controlsWith = (view: Partial<RoomView> = {}): Promise<Controls> =>
  roomAround<RtcControls>('rtc-controls', REQUESTS, { participants: [me, ben], microphone: true, camera: false, ...view });

function button({ root }: Controls, part: string): HTMLButtonElement {
  const found = root.querySelector<HTMLButtonElement>(`button[part=${part}]`);
  if (found === null) throw new Error(`there is no button ${part}`);
  return found;
}
const parts = ({ root }: Controls): (string | null)[] => [...root.querySelectorAll('button')].map((one) => one.getAttribute('part'));
const names = ({ root }: Controls): (string | null)[] => [...root.querySelectorAll('button')].map((one) => one.getAttribute('aria-label'));

/** Presses a key and returns what was asked for. */
function press({ asked }: Controls, key: string, { on = document.body, ...more }: KeyboardEventInit & { on?: Element } = {}): Asked[] {
  const before = asked.length;
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...more }));
  return asked.slice(before);
}

describe('rtc-controls', () => {
  it('names each button with its state', async () => {
    const controls = await controlsWith();
    expect(names(controls)).to.deep.equal([
      'Microphone on, mute',
      'Camera off, turn on',
      'Share your screen',
      'Devices',
      'Chat',
      'Participants',
      'Connection',
      'Picture-in-picture',
      'Full screen',
      'Leave the call',
    ]);
    await controls.show({ screen: true, unread: 3, panel: 'roster' });
    expect(button(controls, 'screen').getAttribute('aria-label')).to.equal('Sharing your screen, stop');
    expect(button(controls, 'chat').getAttribute('aria-label')).to.equal('Chat, 3 unread');
    expect(button(controls, 'roster').getAttribute('aria-expanded')).to.equal('true');
    expect(button(controls, 'chat').getAttribute('aria-expanded')).to.equal('false');
    await expect(controls.part).to.be.accessible();
  });

  it('asks, and shows nothing before it is so', async () => {
    const controls = await controlsWith();
    for (const part of parts(controls)) button(controls, part ?? '').click();
    expect(controls.asked).to.deep.equal([
      { type: 'rtc-microphone-request', detail: { enabled: false } },
      { type: 'rtc-camera-request', detail: { enabled: true } },
      { type: 'rtc-screen-request', detail: { enabled: true } },
      { type: 'rtc-panel-request', detail: { panel: 'devices' } },
      { type: 'rtc-panel-request', detail: { panel: 'chat' } },
      { type: 'rtc-panel-request', detail: { panel: 'roster' } },
      { type: 'rtc-panel-request', detail: { panel: 'stats' } },
      { type: 'rtc-picture-in-picture-request', detail: null },
      { type: 'rtc-fullscreen-request', detail: { enabled: true } },
      { type: 'rtc-leave-request', detail: null },
    ]);
    expect(button(controls, 'microphone').getAttribute('aria-pressed')).to.equal('true');
    await controls.show({ panel: 'chat' });
    controls.asked.length = 0;
    button(controls, 'chat').click();
    expect(controls.asked).to.deep.equal([{ type: 'rtc-panel-request', detail: { panel: null } }]);
  });

  it('counts what was not read, up to a width that fits', async () => {
    const controls = await controlsWith({ unread: 7 });
    expect(controls.root.querySelector('[part=badge]')?.textContent).to.equal('7');
    await controls.show({ unread: 240 });
    expect(controls.root.querySelector('[part=badge]')?.textContent).to.equal('99+');
    await controls.show({ unread: 0 });
    expect(controls.root.querySelector('[part=badge]')).to.equal(null);
  });

  it('leaves out what the page does not want, and what the browser cannot do', async () => {
    const controls = await controlsWith();
    controls.part.setAttribute('hide', 'chat roster stats pip fullscreen devices nonsense');
    await controls.part.updateComplete;
    expect(parts(controls)).to.deep.equal(['microphone', 'camera', 'screen', 'leave']);
    Object.defineProperty(navigator, 'mediaDevices', { value: {}, configurable: true });
    controls.part.requestUpdate();
    await controls.part.updateComplete;
    Reflect.deleteProperty(navigator, 'mediaDevices');
    expect(parts(controls)).to.deep.equal(['microphone', 'camera', 'leave']);
    expect(press(controls, 'c')).to.deep.equal([]);
  });

  it('offers no picture-in-picture while nobody else has a picture', async () => {
    const controls = await controlsWith({ participants: [me, { ...ben, camera: false }] });
    expect(button(controls, 'pip').disabled).to.equal(true);
    await controls.show({ participants: [me, ben] });
    expect(button(controls, 'pip').disabled).to.equal(false);
  });

  it('keeps the focus where it is when states change', async () => {
    const controls = await controlsWith();
    button(controls, 'chat').focus();
    await controls.show({ microphone: false, unread: 2, screen: true });
    expect(controls.root.activeElement).to.equal(button(controls, 'chat'));
  });

  it('fits into two rows on a phone, and stays usable at 160 px', async () => {
    const controls = await controlsWith({ unread: 2 });
    const rows = (width: number): number => {
      controls.part.style.inlineSize = `${width}px`;
      const all = [...controls.root.querySelectorAll('button')].map((one) => one.getBoundingClientRect());
      const outer = controls.part.getBoundingClientRect();
      for (const box of all) {
        expect(Math.min(box.width, box.height)).to.be.at.least(44);
        expect(box.left).to.be.at.least(outer.left);
        expect(box.right).to.be.at.most(outer.right);
      }
      return new Set(all.map((box) => Math.round(box.top))).size;
    };
    expect(rows(1000)).to.equal(1);
    expect(rows(366)).to.equal(2);
    expect(rows(148)).to.be.at.most(4);
  });
});

describe('the keys of a call', () => {
  it('ask for what the buttons ask for', async () => {
    const controls = await controlsWith();
    const asked = ['m', 'V', 's', 'c', 'p', 'i', 'f'].flatMap((key) => press(controls, key));
    expect(asked).to.deep.equal([
      { type: 'rtc-microphone-request', detail: { enabled: false } },
      { type: 'rtc-camera-request', detail: { enabled: true } },
      { type: 'rtc-screen-request', detail: { enabled: true } },
      { type: 'rtc-panel-request', detail: { panel: 'chat' } },
      { type: 'rtc-panel-request', detail: { panel: 'roster' } },
      { type: 'rtc-panel-request', detail: { panel: 'stats' } },
      { type: 'rtc-fullscreen-request', detail: { enabled: true } },
    ]);
    expect(button(controls, 'microphone').title).to.equal('Microphone on, mute (M)');
    expect(button(controls, 'microphone').getAttribute('aria-keyshortcuts')).to.equal('M');
  });

  it('close the panel with Escape, when one is open', async () => {
    const controls = await controlsWith();
    expect(press(controls, 'Escape')).to.deep.equal([]);
    await controls.show({ panel: 'chat' });
    expect(press(controls, 'Escape')).to.deep.equal([{ type: 'rtc-panel-request', detail: { panel: null } }]);
  });

  it('are typed as text where text is typed, also inside a shadow root', async () => {
    const controls = await controlsWith();
    const host = document.createElement('div');
    const inside = host.attachShadow({ mode: 'open' });
    document.body.append(host);
    for (const root of [host, inside]) {
      for (const name of ['input', 'textarea', 'select', 'div', 'p']) {
        const field = document.createElement(name);
        if (name === 'div') field.setAttribute('contenteditable', '');
        root.append(field);
        expect(press(controls, 'm', { on: field }), name).to.have.length(name === 'p' ? 1 : 0);
      }
    }
    host.remove();
  });

  it('leave keys with modifiers, held keys and keys that are taken alone', async () => {
    const controls = await controlsWith();
    for (const more of [
      { ctrlKey: true },
      { metaKey: true },
      { altKey: true },
      { shiftKey: true },
      { repeat: true },
      { isComposing: true },
    ]) {
      expect(press(controls, 'm', more), JSON.stringify(more)).to.deep.equal([]);
    }
    const take = (event: Event): void => event.preventDefault();
    document.addEventListener('keydown', take);
    expect(press(controls, 'm')).to.deep.equal([]);
    document.removeEventListener('keydown', take);
    expect(press(controls, 'm')).to.have.length(1);
  });

  it('are found by their place on keyboards of other scripts', async () => {
    const controls = await controlsWith();
    expect(press(controls, 'ь', { code: 'KeyM' })).to.have.length(1);
    expect(press(controls, 'ة', { code: 'KeyM' })).to.have.length(1);
    expect(press(controls, ';', { code: 'KeyM' })).to.have.length(0);
    expect(press(controls, 'a', { code: 'KeyM' })).to.have.length(0);
  });

  it('do nothing outside a call, with no-shortcuts, or after the controls are gone', async () => {
    const controls = await controlsWith({ participants: [] });
    expect(press(controls, 'm')).to.deep.equal([]);
    await controls.show({ participants: [me, ben] });
    controls.part.setAttribute('no-shortcuts', '');
    await controls.part.updateComplete;
    expect(press(controls, 'm')).to.deep.equal([]);
    expect(button(controls, 'microphone').title).to.equal('Microphone on, mute');
    expect(button(controls, 'microphone').hasAttribute('aria-keyshortcuts')).to.equal(false);
  });
});
