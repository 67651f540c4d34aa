/** Where the tiles stand, in boxes of all shapes. */
import { expect, nextFrame } from '@open-wc/testing';
import type { RtcGrid } from '../../../src/components/rtc-grid/rtc-grid.ts';
import '../../../src/define/rtc-grid.ts';
import type { Participant, RoomView } from '../../../src/ui/room-context.ts';
import { movingPicture } from '../../support/linked-meshes.ts';
import { participant, type RoomAround, roomAround } from '../../support/room-around.ts';
import { waitUntil } from '../../support/wait-until.ts';

const me = participant('me', 'Ada', { self: true });
const others = (count: number): Participant[] => Array.from({ length: count }, (_, at) => participant(`p${at + 1}`, `Person ${at + 1}`));
const sharing = participant('p1', 'Ben', { screen: true });

type Grid = RoomAround<RtcGrid>;

async function gridOf(width: number, height: number, view: Partial<RoomView>): Promise<Grid> {
  const grid = await roomAround<RtcGrid>('rtc-grid', ['rtc-pin-request', 'rtc-tile-watch'], view);
  grid.part.style.inlineSize = `${width}px`;
  grid.part.style.blockSize = `${height}px`;
  await settled(grid);
  return grid;
}

/** Sizes are observed, what is rarely needed is loaded, and then the tiles glide. */
async function settled({ root }: Grid): Promise<void> {
  for (let quiet = 0; quiet < 6; ) {
    await nextFrame();
    const moving = tilesIn(root).flatMap((tile) => tile.getAnimations());
    await Promise.all(moving.map((animation) => animation.finished.catch(() => undefined)));
    quiet = moving.length === 0 ? quiet + 1 : 0;
  }
}

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await nextFrame();
}

const tilesIn = (root: ShadowRoot): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('rtc-tile')];
const boxes = ({ root }: Grid): DOMRect[] => tilesIn(root).map((tile) => tile.getBoundingClientRect());
const scroller = ({ root }: Grid): HTMLElement => {
  const tiles = root.querySelector<HTMLElement>('.tiles');
  if (tiles === null) throw new Error('no tiles');
  return tiles;
};
const large = ({ root }: Grid): HTMLElement | null => root.querySelector('rtc-tile.large');
const nameOf = (tile: HTMLElement | null): string | undefined => tile?.shadowRoot?.querySelector('.name')?.textContent ?? undefined;

function overlap(one: DOMRect, other: DOMRect): boolean {
  return one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1;
}

describe('rtc-grid', () => {
  for (const [width, height] of [
    [390, 600],
    [800, 600],
    [1440, 800],
    [300, 200],
  ] as const) {
    for (const count of [1, 3, 5, 9]) {
      it(`shows ${count} in ${width}×${height} without one covering another`, async () => {
        const grid = await gridOf(width, height, { participants: [me, ...others(count - 1)] });
        const places = boxes(grid);
        const outer = grid.part.getBoundingClientRect();
        expect(places).to.have.length(count);
        expect(scroller(grid).scrollWidth).to.be.at.most(width);
        for (const [at, place] of places.entries()) {
          expect(place.left).to.be.at.least(outer.left - 0.5);
          expect(place.right).to.be.at.most(outer.right + 0.5);
          expect(place.width).to.be.at.least(119);
          for (const other of places.slice(at + 1)) expect(overlap(place, other)).to.equal(false);
        }
      });
    }
  }

  it('gives two people on a desktop wide tiles side by side', async () => {
    const grid = await gridOf(1280, 640, { participants: [me, ...others(1)] });
    const [own, other] = boxes(grid);
    expect(own?.top).to.equal(other?.top);
    expect((own?.width ?? 0) / (own?.height ?? 1)).to.be.at.least(1.3);
  });

  it('fills a phone with the other one, oneself in the corner', async () => {
    const grid = await gridOf(366, 560, { participants: [me, ...others(1)] });
    const [own, other] = boxes(grid);
    expect([other?.width, other?.height]).to.deep.equal([366, 560]);
    expect(own?.width).to.be.within(96, 120);
    expect(other?.right).to.be.greaterThan(own?.right ?? 0);
    await grid.show({ participants: [me, ...others(2)] });
    await settled(grid);
    const [first, second, third] = boxes(grid);
    expect(first && second && third && !overlap(first, second) && !overlap(second, third)).to.equal(true);
  });

  it('scrolls to the rest where 25 would be too small', async () => {
    const grid = await gridOf(390, 600, { participants: [me, ...others(24)] });
    const { scrollHeight, clientHeight } = scroller(grid);
    expect(scrollHeight).to.be.greaterThan(clientHeight);
    expect(boxes(grid)[0]?.top).to.be.closeTo(grid.part.getBoundingClientRect().top, 1);
    // The keyboard scrolls by the buttons in the tiles.
    await waitUntil(() => grid.part.shadowRoot?.querySelector('rtc-tile')?.shadowRoot?.querySelector('button'));
    await expect(grid.part).to.be.accessible();
  });

  it('makes what somebody shares large, beside the others in a wide box and above them in a narrow one', async () => {
    const wide = await gridOf(1440, 700, { participants: [me, sharing, ...others(4).slice(1)] });
    await until(() => large(wide) !== null);
    await settled(wide);
    expect(nameOf(large(wide))).to.equal('Ben, screen');
    const screen = large(wide)?.getBoundingClientRect();
    expect(screen?.height).to.equal(700);
    for (const [at, place] of boxes(wide).entries()) if (at !== 2) expect(place.left).to.be.at.least((screen?.right ?? 0) - 1);
    const narrow = await gridOf(390, 600, { participants: [me, sharing] });
    await until(() => large(narrow) !== null);
    await settled(narrow);
    const above = large(narrow)?.getBoundingClientRect();
    expect(above?.width).to.equal(390);
    for (const [at, place] of boxes(narrow).entries()) if (at !== 2) expect(place.top).to.be.at.least((above?.bottom ?? 0) - 1);
  });

  it('keeps the large tile in place while the strip scrolls', async () => {
    for (const [width, height] of [
      [1000, 400],
      [390, 600],
    ] as const) {
      const grid = await gridOf(width, height, { participants: [me, sharing, ...others(12).slice(1)] });
      await until(() => large(grid) !== null);
      await settled(grid);
      const before = large(grid)?.getBoundingClientRect();
      const strip = scroller(grid);
      expect(strip.scrollHeight + strip.scrollWidth).to.be.greaterThan(strip.clientHeight + strip.clientWidth);
      strip.scrollTo({ top: 10_000, left: 10_000, behavior: 'instant' });
      await nextFrame();
      const after = large(grid)?.getBoundingClientRect();
      expect([after?.left, after?.top]).to.deep.equal([before?.left, before?.top]);
      const last = boxes(grid).at(-1);
      const outer = grid.part.getBoundingClientRect();
      expect(last?.right).to.be.at.most(outer.right + 1);
      expect(last?.bottom).to.be.at.most(outer.bottom + 1);
    }
  });

  it('makes a pinned tile large, and no longer when it is unpinned', async () => {
    const grid = await gridOf(1000, 500, { participants: [me, ...others(2)], pinned: 'p2' });
    await until(() => large(grid) !== null);
    expect(nameOf(large(grid))).to.equal('Person 2');
    await grid.show({ pinned: 'self' });
    expect(large(grid)).to.equal(tilesIn(grid.root)[0]);
    await grid.show({ pinned: null });
    expect(large(grid)).to.equal(null);
  });

  it('follows who speaks in layout="spotlight"', async () => {
    const grid = await gridOf(1000, 500, { participants: [me, ...others(2)], activeSpeaker: 'p2' });
    grid.part.setAttribute('layout', 'spotlight');
    await until(() => large(grid) !== null);
    expect(nameOf(large(grid))).to.equal('Person 2');
    await grid.show({ activeSpeaker: 'p1' });
    expect(nameOf(large(grid))).to.equal('Person 1');
    grid.part.setAttribute('layout', 'grid');
    await grid.part.updateComplete;
    expect(large(grid)).to.equal(null);
  });

  it('takes an unknown layout for auto, and says so', async () => {
    const told: string[] = [];
    const listen = (event: Event): unknown => told.push((event as CustomEvent<{ message: string }>).detail.message);
    document.addEventListener('rtc-log', listen);
    const grid = await gridOf(800, 400, { participants: [me, ...others(2)] });
    grid.part.setAttribute('layout', 'circle');
    await until(() => told.length > 0);
    document.removeEventListener('rtc-log', listen);
    expect(told[0]).to.contain('circle');
    expect(large(grid)).to.equal(null);
  });

  it('keeps every tile where it is in the document, and its picture running, when the layout changes', async () => {
    const { track, stop } = movingPicture();
    const ben = participant('p1', 'Ben', { tracks: { ...sharing.tracks, video: track } });
    const grid = await gridOf(1000, 500, { participants: [me, ben, ...others(3).slice(1)] });
    const before = tilesIn(grid.root);
    const video = before[1]?.shadowRoot?.querySelector('video');
    await until(() => (video?.videoWidth ?? 0) > 0);
    let restarts = 0;
    video?.addEventListener('emptied', () => restarts++);
    const moved: MutationRecord[] = [];
    const observer = new MutationObserver((records) => moved.push(...records));
    observer.observe(scroller(grid), { childList: true });
    await grid.show({ pinned: 'p1' });
    await until(() => large(grid) === before[1]);
    await grid.show({ pinned: null });
    await settled(grid);
    expect(tilesIn(grid.root)).to.deep.equal(before);
    expect(moved.concat(observer.takeRecords())).to.deep.equal([]);
    expect(restarts).to.equal(0);
    expect(video?.paused).to.equal(false);
    stop();
  });

  it('puts a shared screen behind its owner, and takes only that away again', async () => {
    const grid = await gridOf(1000, 500, { participants: [me, ...others(2)] });
    const names = (): (string | undefined)[] => tilesIn(grid.root).map(nameOf);
    await grid.show({ participants: [me, sharing, ...others(2).slice(1)] });
    expect(names()).to.deep.equal(['Ada (you)', 'Ben', 'Ben, screen', 'Person 2']);
    await grid.show({ participants: [me, ...others(2)] });
    expect(names()).to.deep.equal(['Ada (you)', 'Person 1', 'Person 2']);
  });

  it('can be used from right to left', async () => {
    const grid = await gridOf(1440, 700, { participants: [me, sharing] });
    grid.part.dir = 'rtl';
    await until(() => large(grid) !== null);
    await settled(grid);
    const screen = large(grid)?.getBoundingClientRect();
    expect(boxes(grid)[0]?.right).to.be.at.most((screen?.left ?? 0) + 1);
    await expect(grid.part).to.be.accessible();
  });
});
