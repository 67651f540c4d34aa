import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CameraPicture } from '../../../src/webrtc/encoding-ladder.ts';
import { LinkEconomy, type LinkEncoding } from '../../../src/webrtc/link-economy.ts';
import type { LinkReading } from '../../../src/webrtc/link-quality.ts';
import { sentLoss, WELL } from '../../support/link-readings.ts';

class Link {
  readonly encodings: LinkEncoding[] = [];

  setEncoding(slot: 'video', encoding: LinkEncoding): void {
    assert.equal(slot, 'video');
    this.encodings.push(encoding);
  }

  get bitrate(): number {
    return this.encodings.at(-1)?.maxBitrate ?? 0;
  }

  get lines(): number {
    return Math.round(720 / (this.encodings.at(-1)?.scaleResolutionDownBy ?? 1));
  }
}

class Call {
  readonly links = new Map<string, Link>();
  picture: CameraPicture | null = { lines: 720, frameRate: 30 };
  readonly economy: LinkEconomy;
  #now = 0;

  constructor(budget: number, ...ids: readonly string[]) {
    this.economy = new LinkEconomy(budget, () => this.picture);
    this.setPeers(...ids);
  }

  setPeers(...ids: readonly string[]): void {
    for (const id of [...this.links.keys()]) if (!ids.includes(id)) this.links.delete(id);
    for (const id of ids) if (!this.links.has(id)) this.links.set(id, new Link());
    this.economy.setLinks(this.links);
  }

  link(id: string): Link {
    const link = this.links.get(id);
    assert.ok(link);
    return link;
  }

  /** Every link is read, two seconds after the time before. */
  reads(readings: Readonly<Record<string, LinkReading>>, times = 1): this {
    for (let i = 0; i < times; i++) {
      this.#now += 2000;
      for (const [id, reading] of Object.entries(readings)) this.economy.update(id, reading, this.#now);
    }
    return this;
  }
}

describe('the economy of a mesh', () => {
  test('gives each link the same share, from the start', () => {
    const call = new Call(3_000_000, 'a', 'b', 'c');
    for (const { encodings } of call.links.values()) {
      assert.deepEqual(encodings, [
        { maxBitrate: 1_000_000, scaleResolutionDownBy: 1, maxFramerate: undefined, degradationPreference: 'maintain-resolution' },
      ]);
    }
  });

  test('gives nobody more than a picture needs, nor less than one takes', () => {
    assert.equal(new Call(9_000_000, 'a').link('a').bitrate, 1_700_000);
    const many = Array.from({ length: 20 }, (_, i) => `p${i}`);
    assert.equal(new Call(500_000, ...many).link('p0').bitrate, 100_000);
  });

  test('shares anew at once when somebody comes and when somebody leaves', () => {
    const call = new Call(2_000_000, 'a', 'b');
    call.setPeers('a', 'b', 'c', 'd');
    assert.deepEqual(
      [...call.links.values()].map(({ bitrate }) => bitrate),
      Array(4).fill(500_000),
    );
    call.setPeers('a', 'd');
    assert.deepEqual(
      [...call.links.values()].map(({ bitrate }) => bitrate),
      [1_000_000, 1_000_000],
    );
  });

  test('keeps the whole picture while the path is unknown, then leaves it to the browser, and says nothing more on a clean path', () => {
    const call = new Call(2_000_000, 'a', 'b').reads({ a: WELL, b: WELL }, 200);
    assert.deepEqual(
      call.link('a').encodings.map(({ degradationPreference }) => degradationPreference),
      ['maintain-resolution', undefined],
    );
  });

  test('lowers the one link that loses packets, and its resolution with it where the browser does not adapt that', () => {
    const call = new Call(2_000_000, 'a', 'b').reads({ a: { ...sentLoss(0.2), limitation: null }, b: WELL });
    assert.equal(call.link('a').bitrate, 500_000);
    assert.equal(call.link('a').lines, 360);
    assert.equal(call.link('b').bitrate, 1_000_000);
    assert.equal(call.economy.isConstrained('a'), true);
  });

  test('leaves the resolution of a link in trouble to a browser that adapts it: both would make it far too small', () => {
    const call = new Call(2_000_000, 'a', 'b').reads({ a: sentLoss(0.2), b: WELL });
    assert.equal(call.link('a').bitrate, 500_000);
    assert.equal(call.link('a').lines, 720);
  });

  test('gives it all of its share again in the end', () => {
    const call = new Call(2_000_000, 'a', 'b').reads({ a: sentLoss(0.2), b: WELL }, 3).reads({ a: WELL, b: WELL }, 30);
    assert.equal(call.link('a').bitrate, 1_000_000);
    assert.equal(call.economy.isConstrained('a'), false);
  });

  test('lowers the resolution of all links when this device cannot encode as much', () => {
    const busy: LinkReading = { ...WELL, limitation: 'cpu' };
    const call = new Call(4_000_000, 'a', 'b').reads({ a: busy, b: WELL }, 4);
    assert.deepEqual([call.link('a').lines, call.link('b').lines], [540, 540]);
    assert.equal(call.economy.sparesProcessor, true);
    assert.equal(call.link('a').bitrate, 1_700_000);
    call.reads({ a: WELL, b: WELL }, 20);
    assert.deepEqual([call.link('a').lines, call.link('b').lines], [720, 720]);
  });

  test('starts anew with a link that was built anew', () => {
    const call = new Call(2_000_000, 'a', 'b').reads({ a: sentLoss(0.2), b: WELL }, 3);
    call.links.set('a', new Link());
    call.economy.setLinks(call.links);
    assert.equal(call.link('a').bitrate, 1_000_000);
  });

  test('follows another camera', () => {
    const call = new Call(1_000_000, 'a', 'b').reads({ a: WELL, b: WELL });
    assert.equal(call.link('a').encodings.at(-1)?.scaleResolutionDownBy, 2);
    call.picture = { lines: 360, frameRate: 30 };
    call.reads({ a: WELL, b: WELL });
    assert.equal(call.link('a').encodings.at(-1)?.scaleResolutionDownBy, 1);
  });

  test('forgets who has left', () => {
    const call = new Call(2_000_000, 'a', 'b').reads({ a: sentLoss(0.2), b: { ...WELL, limitation: 'cpu' } });
    call.setPeers('a');
    call.reads({ b: sentLoss(0.5) });
    assert.equal(call.economy.isConstrained('b'), false);
  });
});
