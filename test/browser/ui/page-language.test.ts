/** Parts of a room on a page in another language. */
import { expect, nextFrame } from '@open-wc/testing';
import type { LitElement } from 'lit';
import { RtcChat } from '../../../src/components/rtc-chat/rtc-chat.ts';
import { RtcControls } from '../../../src/components/rtc-controls/rtc-controls.ts';
import { RtcPrejoin } from '../../../src/components/rtc-prejoin/rtc-prejoin.ts';
import { RtcTile } from '../../../src/components/rtc-tile/rtc-tile.ts';
import type { ChatEntry } from '../../../src/signaling/chat-entry.ts';
import { define } from '../../../src/ui/define.ts';
import { translated } from '../../../src/ui/localize.ts';
import type { RoomView } from '../../../src/ui/room-context.ts';
import ar from '../../../src/ui/translations/ar.ts';
import de from '../../../src/ui/translations/de.ts';
import { NO_TRACKS } from '../../../src/webrtc/slots.ts';
import { movingPicture } from '../../support/linked-meshes.ts';
import { participant, type RoomAround, roomAround } from '../../support/room-around.ts';

define('rtc-chat', RtcChat);
define('rtc-controls', RtcControls);
define('rtc-prejoin', RtcPrejoin);
define('rtc-tile', RtcTile);

const SENT: ChatEntry = { id: 'm1', from: 'p1', name: 'دانة', body: 'مرحبًا', at: Date.now(), own: false, state: 'sent' };

const CALL: Partial<RoomView> = {
  participants: [participant('me', 'سلمى', { self: true }), participant('p1', 'دانة', { microphone: false })],
  unread: 2,
  chat: [SENT, { ...SENT, id: 'm2', from: 'me', own: true, state: 'sending' }],
};

const { documentElement: page } = document;
const before = { lang: page.lang, dir: page.dir };
const ends: (() => unknown)[] = [];

async function turn(lang: string, dir = 'ltr'): Promise<void> {
  page.lang = lang;
  page.dir = dir;
  // Each language is loaded with its first word.
  while (lang !== 'en' && translated('tile.away') === undefined) await nextFrame();
}

/** All that `part` lets read or hear. */
function wordsOf({ part, root }: RoomAround<LitElement>): string[] {
  const elements = [part, ...root.querySelectorAll('*')];
  const attributes = elements.flatMap((element) => ['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name)));
  const texts = elements.flatMap(({ childNodes }) => [...childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE));
  return [...attributes, ...texts.map((text) => text.textContent?.trim())].filter((text): text is string => !!text);
}

async function draws(tag: string, view: Partial<RoomView>, prepare?: (part: HTMLElement) => void): Promise<RoomAround<LitElement>> {
  const room = await roomAround<LitElement>(tag, [], view);
  prepare?.(room.part);
  await room.part.updateComplete;
  return room;
}

/** One letter may be a key. */
function expectArabic(room: RoomAround<LitElement>): void {
  const words = wordsOf(room);
  expect(words).not.to.deep.equal([]);
  expect(words.filter((text) => /[a-z]{2}/i.test(text))).to.deep.equal([]);
  expect(getComputedStyle(room.part).direction).to.equal('rtl');
}

describe('a page in another language', () => {
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    Object.assign(page, before);
  });

  it('has Arabic controls', async () => {
    await turn('ar', 'rtl');
    const controls = await draws('rtc-controls', CALL);
    expectArabic(controls);
    expect(controls.root.querySelector('[part=leave]')?.getAttribute('aria-label')).to.equal(ar['controls.leave']);
    await expect(controls.part).to.be.accessible();
  });

  it('has an Arabic tile', async () => {
    await turn('ar', 'rtl');
    const tile = await draws('rtc-tile', CALL, (part) => part.setAttribute('peer', 'p1'));
    while (tile.root.querySelector('[part=pin]') === null) await nextFrame();
    expectArabic(tile);
    await expect(tile.part).to.be.accessible();
  });

  it('has an Arabic chat', async () => {
    await turn('ar', 'rtl');
    const chat = await draws('rtc-chat', CALL);
    expectArabic(chat);
    expect(chat.root.querySelector('.sending')?.textContent).to.contain(ar['chat.sending']);
    await expect(chat.part).to.be.accessible();
  });

  it('asks in Arabic before a call', async () => {
    await turn('ar', 'rtl');
    const { track: video, stop } = movingPicture();
    ends.push(stop);
    const prejoin = await draws('rtc-prejoin', { state: 'idle', participants: [], room: null });
    expectArabic(prejoin);
    await expect(prejoin.part).to.be.accessible();
    await prejoin.show({ tracks: { ...NO_TRACKS, video }, camera: true });
    await customElements.whenDefined('rtc-device-picker');
    expectArabic(prejoin);
    await expect(prejoin.part).to.be.accessible();
  });

  it('reads otherwise as soon as its language is another one', async () => {
    await turn('en');
    const parts = await Promise.all([
      draws('rtc-controls', CALL),
      draws('rtc-tile', CALL, (part) => part.setAttribute('peer', 'me')),
      draws('rtc-chat', { ...CALL, chat: [] }),
      draws('rtc-prejoin', { state: 'idle', participants: [] }),
    ]);
    const texts = async (): Promise<string[]> => {
      await Promise.all(parts.map(({ part }) => part.updateComplete));
      return parts.map((room) => wordsOf(room).join('\n'));
    };
    const english = await texts();
    await turn('de');
    const [controls, tile, chat, prejoin] = await texts();
    expect(controls).to.contain(de['controls.leave']);
    expect(tile).to.contain('سلمى (Sie)');
    expect(chat).to.contain(de['chat.empty']);
    expect(prejoin).to.contain(de['prejoin.join']);
    await turn('en');
    // What has changed is told after the script that changed it.
    await nextFrame();
    expect(await texts()).to.deep.equal(english);
  });
});
