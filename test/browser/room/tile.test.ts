/** One tile in a room: what it shows of whom, what it says of it, and what it asks for. */
import { expect, nextFrame } from '@open-wc/testing';
import type { RtcTile } from '../../../src/components/rtc-tile/rtc-tile.ts';
import '../../../src/define/rtc-tile.ts';
import { togglePictureInPicture } from '../../../src/ui/picture-in-picture.ts';
import type { Participant, RoomView } from '../../../src/ui/room-context.ts';
import type { QualityLevel } from '../../../src/webrtc/link-quality.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { movingPicture } from '../../support/linked-meshes.ts';
import { participant, type RoomAround, roomAround } from '../../support/room-around.ts';

type Tile = RoomAround<RtcTile>;
const me = participant('me', 'Ada', { self: true });
const ben = participant('p1', 'Ben', { camera: false });

async function tileOf(peer: string, view: Partial<RoomView>, source: 'camera' | 'screen' = 'camera'): Promise<Tile> {
  const tile = await roomAround<RtcTile>('rtc-tile', ['rtc-pin-request', 'rtc-tile-watch'], view);
  tile.part.setAttribute('peer', peer);
  tile.part.setAttribute('source', source);
  tile.part.style.inlineSize = '320px';
  await tile.part.updateComplete;
  return tile;
}

async function until<T>(found: () => T | null | undefined | false): Promise<T> {
  for (;;) {
    const value = found();
    if (value !== null && value !== undefined && value !== false) return value;
    await nextFrame();
  }
}

const pinOf = ({ root }: Tile): Promise<HTMLButtonElement> => until(() => root.querySelector<HTMLButtonElement>('[part=pin]'));
const video = ({ root }: Tile): HTMLVideoElement => {
  const found = root.querySelector('video');
  if (found === null) throw new Error('no video');
  return found;
};
const tracksIn = (tile: Tile): MediaStreamTrack[] => (video(tile).srcObject as MediaStream | null)?.getTracks() ?? [];
const spoken = ({ part }: Tile): string => {
  const { computedName } = part as unknown as { computedName?: string };
  return computedName ?? '';
};
const label = ({ root }: Tile): string | undefined => root.querySelector('[part=label]')?.textContent?.trim();

describe('rtc-tile', () => {
  it('shows what its participant shares, whole and unmirrored, with its sound', async () => {
    const { track, stop } = movingPicture();
    const context = new AudioContext();
    const [sound] = context.createMediaStreamDestination().stream.getAudioTracks();
    const tracks = { ...NO_TRACKS, screen: track, screenAudio: sound ?? null };
    const tile = await tileOf('p1', { participants: [me, { ...ben, screen: true, tracks }] }, 'screen');
    expect(tracksIn(tile)).to.have.members([track, sound]);
    expect(label(tile)).to.equal('Ben, screen');
    expect(getComputedStyle(video(tile)).objectFit).to.equal('contain');
    expect(getComputedStyle(video(tile)).transform).to.equal('none');
    await until(() => tile.part.matches(':state(picture)'));
    expect(tile.root.querySelector('[part=avatar]')).to.equal(null);
    await tile.show({ participants: [me, ben] });
    expect(tracksIn(tile)).to.deep.equal([]);
    stop();
    await context.close();
  });

  it('says that one’s own screen is shared instead of showing it within itself', async () => {
    const { track, stop } = movingPicture();
    const own = { ...me, screen: true, tracks: { ...NO_TRACKS, screen: track } };
    const tile = await tileOf('self', { participants: [own] }, 'screen');
    expect(tracksIn(tile)).to.deep.equal([]);
    expect(tile.root.querySelector('[part=avatar]')?.textContent?.trim()).to.equal('You are sharing your screen');
    await expect(tile.part).to.be.accessible();
    stop();
  });

  it('mirrors oneself, but not a camera that looks away', async () => {
    const { track, stop } = movingPicture();
    const own = { ...me, tracks: { ...NO_TRACKS, video: track } };
    const tile = await tileOf('self', { participants: [own] });
    expect(getComputedStyle(video(tile)).transform).to.equal('matrix(-1, 0, 0, 1, 0, 0)');
    const away = track.clone();
    away.getSettings = () => ({ facingMode: 'environment' });
    await tile.show({ participants: [{ ...own, tracks: { ...NO_TRACKS, video: away } }] });
    expect(getComputedStyle(video(tile)).transform).to.equal('none');
    away.stop();
    stop();
  });

  it('has a ring while the participant speaks', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    expect(tile.part.matches(':state(speaking)')).to.equal(false);
    await tile.show({ participants: [me, { ...ben, speaking: true }] });
    expect(tile.part.matches(':state(speaking)')).to.equal(true);
  });

  it('says in its name that somebody is muted, and how a bad connection comes about', async () => {
    const quality = (level: QualityLevel): Partial<Participant> => ({ quality: { level, cause: 'peer' } });
    const tile = await tileOf('p1', { participants: [me, { ...ben, microphone: false, ...quality('poor') }] });
    await pinOf(tile);
    await tile.part.updateComplete;
    expect(tile.root.querySelector('[part=label]')?.getAttribute('title')).to.equal('poor connection: their network or device');
    if ('computedName' in tile.part) expect(spoken(tile)).to.equal('Ben, muted, poor connection: their network or device');
    expect(tile.root.querySelectorAll('[part=label] svg')).to.have.length(2);
    await expect(tile.part).to.be.accessible();
    await tile.show({ participants: [me, { ...ben, ...quality('good') }] });
    expect(tile.root.querySelector('[part=label]')?.hasAttribute('title')).to.equal(false);
    expect(tile.root.querySelectorAll('[part=label] svg')).to.have.length(0);
  });

  it('says that somebody reconnects only when their media is gone as well', async () => {
    const status = ({ root }: Tile): string | undefined => root.querySelector('[part=status]')?.textContent ?? undefined;
    const tile = await tileOf('p1', { participants: [me, { ...ben, away: true }] });
    expect(status(tile)).to.equal(undefined);
    await tile.show({ participants: [me, { ...ben, away: true, link: 'interrupted' }] });
    expect(status(tile)).to.equal('Reconnecting…');
    await tile.show({ participants: [me, { ...ben, link: 'interrupted' }] });
    expect(status(tile)).to.contain('interrupted');
  });

  it('asks to be pinned, by button and by double click, and to be unpinned', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    const pin = await pinOf(tile);
    expect(pin.getAttribute('aria-label')).to.equal('Pin Ben');
    expect(Math.min(pin.offsetWidth, pin.offsetHeight)).to.be.at.least(24);
    pin.click();
    tile.part.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
    await tile.show({ pinned: 'p1' });
    expect(tile.part.matches(':state(pinned)')).to.equal(true);
    expect(pin.getAttribute('aria-label')).to.equal('Unpin Ben');
    pin.click();
    const requests = tile.asked.filter(({ type }) => type === 'rtc-pin-request').map(({ detail }) => detail);
    expect(requests).to.deep.equal([{ tile: 'p1' }, { tile: 'p1' }, { tile: null }]);
  });

  it('shows its pin to whoever reaches it with the keyboard', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    const pin = await pinOf(tile);
    expect(getComputedStyle(pin).opacity).to.equal('0');
    pin.focus({ focusVisible: true } as FocusOptions);
    expect(getComputedStyle(pin).opacity).to.equal('1');
  });

  it('cannot be pinned while nobody else is here', async () => {
    const tile = await tileOf('self', { participants: [me] });
    await nextFrame();
    expect(tile.root.querySelector('[part=pin]')).to.equal(null);
  });

  it('says once whether it is watched, and again when it is scrolled or taken out of view', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    const watched = (): unknown[] => tile.asked.filter(({ type }) => type === 'rtc-tile-watch').map(({ detail }) => detail);
    await until(() => watched().length === 1);
    tile.part.style.display = 'none';
    await until(() => watched().length === 2);
    tile.part.style.display = '';
    await until(() => watched().length === 3);
    expect(watched()).to.deep.equal([true, false, true].map((seen) => ({ peerId: 'p1', slot: 'video', watched: seen })));
  });

  it('is not watched in a hidden page', async () => {
    const tile = await tileOf('p1', { participants: [me, { ...ben, screen: true }] }, 'screen');
    const last = (): unknown => tile.asked.filter(({ type }) => type === 'rtc-tile-watch').at(-1)?.detail;
    await until(last);
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    expect(last()).to.deep.equal({ peerId: 'p1', slot: 'screen', watched: false });
    Reflect.deleteProperty(document, 'visibilityState');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(last()).to.deep.equal({ peerId: 'p1', slot: 'screen', watched: true });
  });

  it('never asks to pause oneself', async () => {
    const tile = await tileOf('self', { participants: [me, ben] });
    await pinOf(tile);
    tile.part.style.display = 'none';
    for (let frame = 0; frame < 5; frame++) await nextFrame();
    expect(tile.asked).to.deep.equal([]);
  });

  it('plays on when something has paused it', async () => {
    const { track, stop } = movingPicture();
    const tile = await tileOf('p1', { participants: [me, { ...ben, camera: true, tracks: { ...NO_TRACKS, video: track } }] });
    await until(() => tile.part.matches(':state(picture)'));
    video(tile).pause();
    await until(() => !video(tile).paused);
    stop();
  });

  it('plays where the user wants sound to come out', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    await pinOf(tile);
    const sinks: string[] = [];
    video(tile).setSinkId = async (id) => void sinks.push(id);
    const devices = {
      audioinput: [],
      videoinput: [],
      audiooutput: [],
      live: { audioinput: null, videoinput: null, audiooutput: 'headset' },
    };
    await tile.show({ devices });
    await tile.show({ activeSpeaker: 'p1' });
    expect(sinks).to.deep.equal(['headset']);
  });

  it('is not drawn anew for what happens to others', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    await pinOf(tile);
    await tile.part.updateComplete;
    let draws = 0;
    tile.part.addController({ hostUpdated: () => draws++ });
    await tile.show({ participants: [{ ...me, speaking: true }, ben], unread: 3 });
    expect(draws).to.equal(0);
    await tile.show({ participants: [me, { ...ben, name: 'Benjamin' }] });
    expect(draws).to.equal(1);
  });

  it('is empty again when its participant has gone', async () => {
    const tile = await tileOf('p1', { participants: [me, ben] });
    await tile.show({ participants: [me] });
    expect(label(tile)).to.equal(undefined);
  });
});

describe('picture-in-picture', () => {
  const ask = HTMLVideoElement.prototype.requestPictureInPicture;

  afterEach(() => {
    HTMLVideoElement.prototype.requestPictureInPicture = ask;
  });

  it('is of who speaks, else of the largest picture of another one', async () => {
    const asked: HTMLVideoElement[] = [];
    HTMLVideoElement.prototype.requestPictureInPicture = function record() {
      asked.push(this);
      return Promise.resolve({} as PictureInPictureWindow);
    };
    const { track, stop } = movingPicture();
    const tracks = { ...NO_TRACKS, video: track };
    const participants = [{ ...me, tracks }, participant('p1', 'Ben', { tracks }), participant('p2', 'Eve', { tracks })];
    const tiles = [await tileOf('self', { participants }), await tileOf('p1', { participants }), await tileOf('p2', { participants })];
    const room = document.createElement('div');
    document.body.append(room);
    const shadow = room.attachShadow({ mode: 'open' });
    for (const [at, { part }] of tiles.entries()) {
      part.participant = participants[at];
      (at === 1 ? room : shadow).append(part);
    }
    for (const { part } of tiles) await until(() => part.matches(':state(picture)'));
    shadow.append(document.createElement('slot'));
    const sizes = ['600px', '200px', '400px'];
    for (const [at, { part }] of tiles.entries()) part.style.inlineSize = sizes[at] ?? '';
    expect(await togglePictureInPicture(room, null)).to.equal(true);
    expect(await togglePictureInPicture(room, 'p1')).to.equal(true);
    expect(asked).to.deep.equal([tiles[2], tiles[1]].map((tile) => tile && video(tile)));
    room.remove();
    expect(await togglePictureInPicture(document.createElement('div'), null)).to.equal(false);
    stop();
  });
});
