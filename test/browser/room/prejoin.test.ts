/** The form that joins, in a room that is not there. */
import { aTimeout, expect, nextFrame } from '@open-wc/testing';
import { RtcPrejoin } from '../../../src/components/rtc-prejoin/rtc-prejoin.ts';
import { define } from '../../../src/ui/define.ts';
import type { RoomView } from '../../../src/ui/room-context.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { movingPicture } from '../../support/linked-meshes.ts';
import { roomAround } from '../../support/room-around.ts';

define('rtc-prejoin', RtcPrejoin);

const query = navigator.permissions.query;
let allowed: Record<string, PermissionState> = {};
const ends: (() => unknown)[] = [];

const REQUESTS = ['join', 'preview', 'microphone', 'camera'].map((name) => `rtc-${name}-request`);

function part<E extends HTMLElement = HTMLElement>(prejoin: RtcPrejoin, name: string): E {
  const found = prejoin.shadowRoot?.querySelector<E>(`[part="${name}"]`);
  if (!found) throw new Error(`no part ${name}`);
  return found;
}

const has = (prejoin: RtcPrejoin, name: string): boolean => !!prejoin.shadowRoot?.querySelector(`[part="${name}"]`);

const tracksIn = (video: HTMLVideoElement): MediaStreamTrack[] | undefined => (video.srcObject as MediaStream | null)?.getTracks();

async function show(view: Partial<RoomView> = {}, attributes: { dir?: string; width?: number } = {}) {
  const room = await roomAround<RtcPrejoin>('rtc-prejoin', REQUESTS, { state: 'idle', participants: [], ...view });
  const { part: prejoin } = room;
  const host = prejoin.parentElement ?? document.body;
  host.dir = attributes.dir ?? 'ltr';
  if (attributes.width !== undefined) host.style.setProperty('inline-size', `${attributes.width}px`);
  return { host, room, prejoin };
}

/** A camera and a microphone that hums, as the room would have opened them. */
async function devices() {
  const { track: video, stop } = movingPicture();
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 440 });
  const destination = context.createMediaStreamDestination();
  tone.connect(destination);
  tone.start();
  const [audio] = destination.stream.getAudioTracks();
  if (audio === undefined) throw new Error('no audio track');
  ends.push(stop, () => context.close());
  return { audio, video };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextFrame();
}

describe('rtc-prejoin', () => {
  beforeEach(() => {
    allowed = { camera: 'prompt', microphone: 'prompt' };
    navigator.permissions.query = async ({ name }) => ({ state: allowed[name] }) as PermissionStatus;
  });

  afterEach(async () => {
    navigator.permissions.query = query;
    for (const end of ends.splice(0)) await end();
  });

  it('starts no camera before one asks, and says so', async () => {
    const { room, prejoin } = await show();
    await aTimeout(50);
    expect(room.asked).to.deep.equal([]);
    expect(part(prejoin, 'title').textContent).to.equal('Join “team”');
    expect(part(prejoin, 'hint').textContent).to.contain('stay off until you check them here or join');
    await expect(prejoin).to.be.accessible();
  });

  it('asks for the preview when its button is pressed', async () => {
    const { room, prejoin } = await show();
    part(prejoin, 'check').click();
    expect(room.asked).to.deep.equal([{ type: 'rtc-preview-request', detail: { enabled: true } }]);
  });

  it('asks for the preview by itself where both devices are allowed for good', async () => {
    allowed = { camera: 'granted', microphone: 'granted' };
    const { room } = await show();
    await until(() => room.asked.length > 0);
    await aTimeout(50);
    expect(room.asked).to.deep.equal([{ type: 'rtc-preview-request', detail: { enabled: true } }]);
  });

  it('waits with that until it is on screen', async () => {
    allowed = { camera: 'granted', microphone: 'granted' };
    const { host, room, prejoin } = await show();
    prejoin.remove();
    for (let frame = 0; frame < 4; frame++) await nextFrame();
    room.asked.length = 0;
    host.style.setProperty('margin-block-start', '5000px');
    host.append(prejoin);
    await aTimeout(100);
    expect(room.asked).to.deep.equal([]);
    prejoin.scrollIntoView();
    await until(() => room.asked.length > 0);
  });

  it('does not ask by itself where one of them would raise a question', async () => {
    allowed = { camera: 'granted', microphone: 'prompt' };
    const { room } = await show();
    await aTimeout(50);
    expect(room.asked).to.deep.equal([]);
  });

  it('does not ask by itself after a call', async () => {
    allowed = { camera: 'granted', microphone: 'granted' };
    const { room } = await show({ state: 'left' });
    await aTimeout(50);
    expect(room.asked).to.deep.equal([]);
  });

  it('does not ask by itself where the browser does not say what is allowed', async () => {
    navigator.permissions.query = () => Promise.reject(new TypeError('camera is not a permission'));
    const { room } = await show();
    await aTimeout(50);
    expect(room.asked).to.deep.equal([]);
  });

  it('joins with the name that was typed', async () => {
    const { room, prejoin } = await show({ name: 'Ada' });
    const field = part<HTMLInputElement>(prejoin, 'name');
    expect(field.value).to.equal('Ada');
    expect(field.maxLength).to.equal(80);
    field.value = '  Grace ';
    part(prejoin, 'join').click();
    expect(room.asked).to.deep.equal([{ type: 'rtc-join-request', detail: { name: 'Grace' } }]);
  });

  it('does not take back what is typed when the room changes', async () => {
    const { room, prejoin } = await show({ name: 'Ada' });
    const field = part<HTMLInputElement>(prejoin, 'name');
    field.value = 'Gra';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await room.show({ name: 'Ada L.' });
    await prejoin.updateComplete;
    expect(field.value).to.equal('Gra');
  });

  it('joins once, however often it is pressed', async () => {
    const { room, prejoin } = await show();
    part(prejoin, 'join').click();
    await room.show({ state: 'joining' });
    await prejoin.updateComplete;
    expect(part<HTMLButtonElement>(prejoin, 'join').disabled).to.equal(true);
    prejoin.shadowRoot?.querySelector('form')?.requestSubmit();
    expect(room.asked).to.have.length(1);
  });

  it('puts the focus on the name, or on the button where there is a name', async () => {
    const { room, prejoin } = await show();
    prejoin.focus();
    expect(prejoin.shadowRoot?.activeElement).to.equal(part(prejoin, 'name'));
    await room.show({ name: 'Ada' });
    await prejoin.updateComplete;
    prejoin.focus();
    expect(prejoin.shadowRoot?.activeElement).to.equal(part(prejoin, 'join'));
  });

  it('shows the camera as a mirror does, and never plays one’s own voice', async () => {
    const { audio, video } = await devices();
    const { room, prejoin } = await show();
    await room.show({ tracks: { ...NO_TRACKS, audio, video }, camera: true, microphone: true });
    await prejoin.updateComplete;
    const picture = part<HTMLVideoElement>(prejoin, 'video');
    expect(tracksIn(picture)).to.deep.equal([video]);
    expect(picture.muted).to.equal(true);
    expect(getComputedStyle(picture).transform).to.contain('-1');
    await new Promise((resolve) => picture.requestVideoFrameCallback(resolve));
    await expect(prejoin).to.be.accessible();
  });

  it('shows the level of the microphone, and none while it is muted', async () => {
    const { audio } = await devices();
    const { room, prejoin } = await show({ tracks: { ...NO_TRACKS, audio }, microphone: true });
    await prejoin.updateComplete;
    const level = (): number => Number(part(prejoin, 'level').getAttribute('aria-valuenow'));
    await until(() => level() > 50);
    await room.show({ microphone: false });
    await until(() => level() === 0);
  });

  it('offers the lists of devices with the preview', async () => {
    const { audio } = await devices();
    const { prejoin } = await show({ tracks: { ...NO_TRACKS, audio }, microphone: true });
    await customElements.whenDefined('rtc-device-picker');
    expect(part(prejoin, 'picker').shadowRoot).not.to.equal(null);
    expect(has(prejoin, 'check')).to.equal(false);
  });

  it('turns camera and microphone on and off, and keeps their buttons', async () => {
    const { audio, video } = await devices();
    const { room, prejoin } = await show({ tracks: { ...NO_TRACKS, audio, video }, camera: true, microphone: true });
    part(prejoin, 'camera').click();
    part(prejoin, 'microphone').click();
    expect(room.asked).to.deep.equal([
      { type: 'rtc-camera-request', detail: { enabled: false } },
      { type: 'rtc-microphone-request', detail: { enabled: false } },
    ]);
    await room.show({ tracks: NO_TRACKS, camera: false, microphone: false });
    await prejoin.updateComplete;
    expect(part(prejoin, 'camera').getAttribute('aria-label')).to.equal('Camera off, turn on');
    expect(part(prejoin, 'preview').textContent).to.contain('Your camera is off');
    expect(part<HTMLVideoElement>(prejoin, 'video').srcObject).to.equal(null);
    await expect(prejoin).to.be.accessible();
  });

  it('shows another camera when it is changed', async () => {
    const first = await devices();
    const second = await devices();
    const { room, prejoin } = await show({ tracks: { ...NO_TRACKS, video: first.video }, camera: true });
    await room.show({ tracks: { ...NO_TRACKS, video: second.video } });
    await prejoin.updateComplete;
    expect(tracksIn(part<HTMLVideoElement>(prejoin, 'video'))).to.deep.equal([second.video]);
  });

  it('shows nothing during a call, and lets go of the tracks', async () => {
    const { audio, video } = await devices();
    const { room, prejoin } = await show({ tracks: { ...NO_TRACKS, audio, video }, camera: true, microphone: true });
    await room.show({ state: 'joined' });
    await prejoin.updateComplete;
    expect(getComputedStyle(prejoin).display).to.equal('none');
    expect(part<HTMLVideoElement>(prejoin, 'video').srcObject).to.equal(null);
    await room.show({ state: 'left' });
    await prejoin.updateComplete;
    expect(getComputedStyle(prejoin).display).to.equal('flex');
  });

  it('lets go of the tracks when it is removed, and ends none of them', async () => {
    const { audio, video } = await devices();
    const { prejoin } = await show({ tracks: { ...NO_TRACKS, audio, video }, camera: true, microphone: true });
    const picture = part<HTMLVideoElement>(prejoin, 'video');
    prejoin.remove();
    for (let frame = 0; frame < 4; frame++) await nextFrame();
    expect(picture.srcObject).to.equal(null);
    expect([audio.readyState, video.readyState]).to.deep.equal(['live', 'live']);
  });

  it('fits into 160 px before the preview', async () => {
    const { prejoin } = await show({}, { width: 160 });
    for (const element of [part(prejoin, 'form'), part(prejoin, 'check')]) expect(element.scrollWidth).to.be.at.most(element.clientWidth);
    await expect(prejoin).to.be.accessible();
  });

  for (const width of [160, 390, 800, 1440]) {
    for (const dir of ['ltr', 'rtl']) {
      it(`fits into ${width} px, ${dir}`, async () => {
        const { audio, video } = await devices();
        const { prejoin } = await show({ tracks: { ...NO_TRACKS, audio, video }, camera: true, microphone: true }, { width, dir });
        const { scrollWidth, clientWidth } = part(prejoin, 'form');
        expect(scrollWidth).to.be.at.most(clientWidth);
        expect(prejoin.offsetWidth).to.be.at.most(width);
        for (const button of prejoin.shadowRoot?.querySelectorAll('button') ?? []) {
          expect(button.offsetWidth).to.be.at.least(44);
          expect(button.offsetHeight).to.be.at.least(44);
        }
        await expect(prejoin).to.be.accessible();
      });
    }
  }
});
