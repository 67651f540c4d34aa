/** A room that is joined, left, moved and removed faster than what it loads and waits for. */
import { aTimeout, expect, fixture, html, nextFrame, oneEvent } from '@open-wc/testing';
import type { RtcConnection } from '../../../src/components/rtc-connection/rtc-connection.ts';
import type { RtcRoom } from '../../../src/components/rtc-room/rtc-room.ts';
import '../../../src/define/lobby.ts';
import '../../../src/define/room.ts';
import { ScriptedRoom } from '../../support/scripted-room.ts';
import { waitUntil } from '../../support/wait-until.ts';

const RealWebSocket = globalThis.WebSocket;
const { getUserMedia } = navigator.mediaDevices;
const granted: MediaStreamTrack[] = [];
let server: ScriptedRoom;

const request = (room: RtcRoom, type: string, detail?: object): boolean =>
  room.dispatchEvent(new CustomEvent(`rtc-${type}-request`, { detail, bubbles: true, composed: true, cancelable: true }));

async function gone(room: RtcRoom): Promise<void> {
  room.remove();
  for (let frame = 0; frame < 4; frame++) await nextFrame();
}

const message = (body: string) => ({ id: `message-${body}`, from: 'a', name: 'Ana', body, at: 1 });

describe('a room that changes quickly', () => {
  beforeEach(() => {
    server = new ScriptedRoom('m');
    globalThis.WebSocket = server.WebSocket as unknown as typeof WebSocket;
    granted.length = 0;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia.call(navigator.mediaDevices, constraints);
      granted.push(...stream.getTracks());
      return stream;
    };
  });

  afterEach(() => {
    globalThis.WebSocket = RealWebSocket;
    navigator.mediaDevices.getUserMedia = getUserMedia;
  });

  const joined = async (): Promise<RtcRoom> => {
    const entered = oneEvent(document, 'rtc-join');
    const room = await fixture<RtcRoom>(html`<rtc-room room="one" server="http://localhost:9" no-prejoin no-audio no-video></rtc-room>`);
    await entered;
    return room;
  };

  it('shows nothing of the chat of the room before', async () => {
    const room = await joined();
    server.push('chat_history', { messages: [message('before')] });
    await aTimeout(0);
    const entered = oneEvent(room, 'rtc-join');
    room.room = 'two';
    await entered;
    server.push('chat_history', { messages: [message('now')] });
    request(room, 'panel', { panel: 'chat' });
    const bodies = (): (string | null)[] =>
      [...(room.shadowRoot?.querySelector('rtc-chat')?.shadowRoot?.querySelectorAll('[part~=body]') ?? [])].map((body) =>
        (body.textContent ?? '').trim(),
      );
    await waitUntil(() => bodies().length > 0);
    await aTimeout(700);
    expect(bodies()).to.deep.equal(['now']);
    await gone(room);
  });

  it('names the room that was left, and the one that was joined, when it is moved', async () => {
    const room = await joined();
    const [left, entered] = [oneEvent(room, 'rtc-leave'), oneEvent(room, 'rtc-join')];
    room.room = 'two';
    expect((await left).detail.room).to.equal('one');
    expect((await entered).detail.room).to.equal('two');
    await gone(room);
  });

  it('opens no camera for a preview that was asked for before it was removed', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="one" server="http://localhost:9"></rtc-room>`);
    await room.updateComplete;
    request(room, 'preview', { enabled: true });
    await gone(room);
    await aTimeout(300);
    expect(granted.filter(({ readyState }) => readyState === 'live')).to.deep.equal([]);
  });

  it('sends what is turned on in a call that was joined while the preview was turned off', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="one" server="http://localhost:9" no-audio></rtc-room>`);
    request(room, 'preview', { enabled: true });
    await waitUntil(() => room.cameraEnabled);
    const entered = oneEvent(room, 'rtc-join');
    request(room, 'preview', { enabled: false });
    request(room, 'join', {});
    await entered;
    await aTimeout(50);
    if (!room.cameraEnabled) await room.setCameraEnabled(true);
    expect(server.pushed('state').at(-1)).to.include({ camera: true });
    await gone(room);
  });

  it('opens a panel while the link to somebody is still on its way', async () => {
    const room = await joined();
    server.push('ping', { from: 'a', to: 'm' });
    await waitUntil(() => room.peers.length === 1);
    await aTimeout(700);
    request(room, 'panel', { panel: 'roster' });
    await waitUntil(() => room.shadowRoot?.querySelector('rtc-panel:defined rtc-roster:defined') !== null);
    expect(room.peers[0]?.link).to.equal('connecting');
    await gone(room);
  });

  it('asks for no tap to hear others once it was left', async () => {
    const room = await joined();
    room.dispatchEvent(new CustomEvent('rtc-sound-blocked'));
    await room.updateComplete;
    const prompts = (): number | undefined => room.shadowRoot?.querySelectorAll('[part=sound]').length;
    expect(prompts()).to.equal(1);
    await room.leave();
    await room.updateComplete;
    expect(prompts()).to.equal(0);
    await gone(room);
  });

  it('says that the addresses of relays are wrong, which the browser refuses', async () => {
    const errors: string[] = [];
    const note = (event: Event): void => void errors.push((event as CustomEvent<{ code: string }>).detail.code);
    document.addEventListener('rtc-error', note);
    const room = await fixture<RtcRoom>(
      html`<rtc-room room="one" server="http://localhost:9" no-prejoin no-audio no-video ice-servers="turn:relay.example"></rtc-room>`,
    );
    await waitUntil(() => room.state !== 'joining');
    server.push('ping', { from: 'a', to: 'm' });
    await waitUntil(() => errors.length > 0);
    await aTimeout(100);
    document.removeEventListener('rtc-error', note);
    expect(errors).to.deep.equal(['invalid']);
    await gone(room);
  });

  it('joins where the socket that it shares with a lobby was refused for good', async () => {
    globalThis.WebSocket = class {
      constructor() {
        throw new DOMException('forbidden', 'SecurityError');
      }
    } as unknown as typeof WebSocket;
    const connection = await fixture<RtcConnection>(
      html`<rtc-connection server="http://localhost:9"><rtc-lobby></rtc-lobby><rtc-room room="one" no-audio no-video></rtc-room></rtc-connection>`,
    );
    await waitUntil(() => connection.state === 'failed');
    globalThis.WebSocket = server.WebSocket as unknown as typeof WebSocket;
    const room = connection.querySelector('rtc-room');
    await room?.join();
    expect(room?.state).to.equal('joined');
    if (room) await gone(room);
  });

  it('joins the room that it was given while the first was being joined', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="one" server="http://localhost:9" no-prejoin no-audio no-video></rtc-room>`);
    const entered: string[] = [];
    room.addEventListener('rtc-join', ({ detail }) => entered.push(detail.room));
    room.room = 'two';
    await waitUntil(() => entered.includes('two') && room.state === 'joined');
    await gone(room);
  });
});
