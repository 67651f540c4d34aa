/** The elements of a room, before and without a server. */
import { aTimeout, expect, fixture, html, nextFrame, oneEvent } from '@open-wc/testing';
import type { RtcControls } from '../../../src/components/rtc-controls/rtc-controls.ts';
import type { RtcRoom } from '../../../src/components/rtc-room/rtc-room.ts';
import type { RtcTile } from '../../../src/components/rtc-tile/rtc-tile.ts';
import '../../../src/define/room.ts';
import '../../../src/define/room-parts.ts';
import type { Participant } from '../../../src/ui/room-context.ts';
import { UNKNOWN_QUALITY } from '../../../src/webrtc/link-quality.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { firstFrame, movingPicture } from '../../support/linked-meshes.ts';

const ada: Participant = {
  id: 'p1',
  name: 'Ada Lovelace',
  microphone: true,
  camera: false,
  away: false,
  link: 'connected',
  screen: false,
  tracks: NO_TRACKS,
  self: false,
  speaking: false,
  quality: UNKNOWN_QUALITY,
};

const shadow = (element: Element): ShadowRoot => {
  if (element.shadowRoot === null) throw new Error(`<${element.localName}> has no shadow root`);
  return element.shadowRoot;
};

/** The form that the room shows before a call, once it has been loaded. */
async function prejoinOf(room: RtcRoom): Promise<ShadowRoot> {
  const prejoin = shadow(room).querySelector('rtc-prejoin');
  if (prejoin === null) throw new Error('the room shows no form');
  await customElements.whenDefined('rtc-prejoin');
  await prejoin.updateComplete;
  return shadow(prejoin);
}

describe('rtc-tile', () => {
  const show = (participant: Participant) => fixture<RtcTile>(html`<rtc-tile .participant=${participant}></rtc-tile>`);

  it('shows initials while the camera is off', async () => {
    const tile = await show(ada);
    expect(shadow(tile).querySelector('[part=avatar]')?.textContent).to.equal('AL');
  });

  it('shows a picture that moves', async () => {
    const { track, stop } = movingPicture();
    const tile = await show({ ...ada, camera: true, tracks: { ...NO_TRACKS, video: track } });
    const video = shadow(tile).querySelector('video');
    await new Promise((resolve) => video?.requestVideoFrameCallback(resolve));
    await tile.updateComplete;
    expect(shadow(tile).querySelector('[part=avatar]')).to.equal(null);
    expect(tile.matches(':state(picture)')).to.equal(true);
    stop();
  });

  it('plays the voice of others, and never one’s own', async () => {
    const context = new AudioContext();
    const [voice] = context.createMediaStreamDestination().stream.getAudioTracks();
    if (voice === undefined) throw new Error('no audio track');
    const other = await show({ ...ada, tracks: { ...NO_TRACKS, audio: voice } });
    const self = await show({ ...ada, self: true, tracks: { ...NO_TRACKS, audio: voice } });
    const stream = (tile: RtcTile) => shadow(tile).querySelector('video')?.srcObject as MediaStream | null;
    expect(stream(other)?.getAudioTracks()).to.have.length(1);
    expect(shadow(other).querySelector('video')?.muted).to.equal(false);
    expect(stream(self)).to.equal(null);
    expect(self.local).to.equal(true);
    await context.close();
  });

  it('takes its name and its mute into its accessible name', async () => {
    const tile = await show({ ...ada, microphone: false });
    expect(tile.matches(':state(muted)')).to.equal(true);
    await expect(tile).to.be.accessible();
  });

  it('shows markup in a name as text', async () => {
    const tile = await show({ ...ada, name: '<img src=x onerror=alert(1)>' });
    expect(shadow(tile).querySelector('img')).to.equal(null);
    expect(shadow(tile).querySelector('.name')?.textContent).to.equal('<img src=x onerror=alert(1)>');
  });

  it('says how the connection is doing', async () => {
    const tile = await show({ ...ada, link: 'interrupted' });
    expect(shadow(tile).querySelector('[part=status]')?.textContent).to.contain('interrupted');
  });

  it('lets go of its tracks when it is removed', async () => {
    const { track, stop } = movingPicture();
    const tile = await show({ ...ada, camera: true, tracks: { ...NO_TRACKS, video: track } });
    const video = shadow(tile).querySelector('video');
    tile.remove();
    await nextFrame();
    await nextFrame();
    await nextFrame();
    expect(video?.srcObject).to.equal(null);
    stop();
  });

  it('keeps its picture when it is moved', async () => {
    const { track, stop } = movingPicture();
    const tile = await show({ ...ada, camera: true, tracks: { ...NO_TRACKS, video: track } });
    const elsewhere = document.createElement('div');
    document.body.append(elsewhere);
    elsewhere.append(tile);
    await nextFrame();
    await nextFrame();
    await nextFrame();
    const stream = shadow(tile).querySelector('video')?.srcObject as MediaStream | null | undefined;
    expect(stream?.getVideoTracks()).to.deep.equal([track]);
    elsewhere.remove();
    await firstFrame(track);
    stop();
  });
});

describe('rtc-controls', () => {
  it('names each button with its state, and can do nothing outside a call', async () => {
    const controls = await fixture<RtcControls>(html`<rtc-controls></rtc-controls>`);
    const buttons = [...shadow(controls).querySelectorAll('button')];
    expect(buttons.map((button) => button.getAttribute('aria-label'))).to.deep.equal([
      'Microphone off, unmute',
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
    expect(buttons.every((button) => button.disabled)).to.equal(true);
    await expect(controls).to.be.accessible();
  });
});

describe('rtc-room', () => {
  const asked: MediaStreamConstraints[] = [];
  const getUserMedia = navigator.mediaDevices.getUserMedia;

  beforeEach(() => {
    asked.length = 0;
    navigator.mediaDevices.getUserMedia = (constraints = {}) => {
      asked.push(constraints);
      return getUserMedia.call(navigator.mediaDevices, constraints);
    };
  });

  afterEach(() => {
    navigator.mediaDevices.getUserMedia = getUserMedia;
  });

  it('asks for no camera before the user wants to join', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="team" display-name="Ada"></rtc-room>`);
    await aTimeout(0);
    expect(asked).to.deep.equal([]);
    expect(room.state).to.equal('idle');
    expect((await prejoinOf(room)).querySelector('input')?.value).to.equal('Ada');
    await expect(room).to.be.accessible();
  });

  it('says what is wrong with a room’s name, and how a name looks', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="Not A Slug"></rtc-room>`);
    const told = oneEvent(room, 'rtc-error');
    (await prejoinOf(room)).querySelector('form')?.requestSubmit();
    expect((await told).detail.code).to.equal('invalid');
    await room.updateComplete;
    const alert = shadow(room).querySelector('[role=alert]');
    expect(alert?.textContent).to.contain('a-z, 0-9 and -');
    expect(asked).to.deep.equal([]);
  });

  it('says that the server does not answer, and goes on trying', async () => {
    const told = oneEvent(document, 'rtc-error');
    const room = await fixture<RtcRoom>(html`<rtc-room room="team" server="http://localhost:9" no-audio no-video no-prejoin></rtc-room>`);
    const { detail } = await told;
    expect(detail.code).to.equal('network');
    await room.updateComplete;
    expect(shadow(room).querySelector('[role=alert]')?.textContent).to.contain('does not answer');
    expect(room.state).to.equal('joining');
    await expect(room).to.be.accessible();
    await room.leave();
    expect(room.state).to.equal('left');
  });

  it('does not show its token in the document', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="team"></rtc-room>`);
    room.token = 'secret';
    await room.updateComplete;
    expect(room.outerHTML).not.to.contain('secret');
  });

  it('gives way to a layout of the page’s own', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="team"><p>Mine</p></rtc-room>`);
    expect(shadow(room).querySelector('rtc-prejoin')).to.equal(null);
    room.querySelector('p')?.remove();
    await aTimeout(0);
    await room.updateComplete;
    expect(shadow(room).querySelector('rtc-prejoin')).not.to.equal(null);
  });

  it('takes whitespace for no layout', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="team"> </rtc-room>`);
    expect(shadow(room).querySelector('rtc-prejoin')).not.to.equal(null);
  });

  it('lets one part be replaced', async () => {
    const room = await fixture<RtcRoom>(html`<rtc-room room="team"><p slot="prejoin">Hello</p></rtc-room>`);
    const slot = shadow(room).querySelector<HTMLSlotElement>('slot[name=prejoin]');
    expect(slot?.assignedElements().map((element) => element.textContent)).to.deep.equal(['Hello']);
  });

  it('stops a camera that is granted after it was removed', async () => {
    const granted: MediaStream[] = [];
    let answer: () => void = () => undefined;
    const prompt = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const open = navigator.mediaDevices.getUserMedia;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      await prompt;
      const stream = await open(constraints);
      granted.push(stream);
      return stream;
    };
    const room = await fixture<RtcRoom>(html`<rtc-room room="team" server="http://localhost:9" no-prejoin></rtc-room>`);
    room.remove();
    for (let frame = 0; frame < 4; frame++) await nextFrame();
    expect(room.state).to.equal('left');
    answer();
    while (granted.length === 0) await nextFrame();
    await nextFrame();
    expect(granted[0]?.getTracks().map((track) => track.readyState)).to.deep.equal(['ended', 'ended']);
  });

  it('falls back where an attribute is not understood, and says so once', async () => {
    const room = document.createElement('rtc-room');
    const logs: string[] = [];
    room.addEventListener('rtc-log', (event) => logs.push((event as CustomEvent<{ message: string }>).detail.message));
    room.setAttribute('room', 'team');
    room.setAttribute('server', 'http://localhost:9');
    room.setAttribute('ice-transport-policy', 'everything');
    room.setAttribute('no-audio', '');
    room.setAttribute('no-video', '');
    document.body.append(room);
    await room.updateComplete;
    void room.join();
    expect(logs.filter((message) => message.includes('ice-transport-policy'))).to.have.length(1);
    room.remove();
  });
});

describe('the definitions', () => {
  it('are made once, however often the script is loaded', async () => {
    const { define } = await import('../../../src/ui/define.ts');
    const before = customElements.get('rtc-room');
    define('rtc-room', class extends HTMLElement {});
    expect(customElements.get('rtc-room')).to.equal(before);
  });
});
