/** Who is looked at, over all tiles of a page. */
import { expect } from '@open-wc/testing';
import { TileWatch } from '../../../src/components/rtc-room/tile-watch.ts';

describe('tile watch', () => {
  const tile = (): Element => document.body.appendChild(document.createElement('span'));
  const says = (watched: boolean) => ({ peerId: 'p1', slot: 'video' as const, watched });

  it('says nothing of what is seen from the start', () => {
    expect(new TileWatch().report(tile(), says(true))).to.equal(undefined);
  });

  it('pauses who cannot be seen in any of their tiles, and only then', () => {
    const watch = new TileWatch();
    const [one, other] = [tile(), tile()];
    watch.report(one, says(true));
    watch.report(other, says(true));
    expect(watch.report(one, says(false))).to.equal(undefined);
    expect(watch.report(other, says(false))).to.equal(false);
    expect(watch.report(one, says(true))).to.equal(true);
  });

  it('says again of somebody who has come back what it said before they left', () => {
    const watch = new TileWatch();
    const before = tile();
    watch.report(before, says(true));
    expect(watch.report(before, says(false))).to.equal(false);
    watch.left('p1');
    expect(watch.report(tile(), says(false))).to.equal(false);
  });

  it('does not count a tile that was removed', () => {
    const watch = new TileWatch();
    const [gone, hidden] = [tile(), tile()];
    watch.report(gone, says(true));
    watch.report(hidden, says(true));
    gone.remove();
    expect(watch.report(hidden, says(false))).to.equal(false);
  });
});
