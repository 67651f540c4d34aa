import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CallMonitor, type MonitoredLink } from '../../../src/webrtc/call-monitor.ts';
import type { CameraEncoding } from '../../../src/webrtc/encoding-ladder.ts';
import type { LinkState } from '../../../src/webrtc/link-interface.ts';
import type { LinkFigures } from '../../../src/webrtc/link-quality.ts';
import type { LevelMeter, VoiceSender } from '../../../src/webrtc/own-level.ts';
import { NO_TRACKS, type SlotTracks } from '../../../src/webrtc/slots.ts';
import type { Speech } from '../../../src/webrtc/speech-levels.ts';
import type { StatsEntry, StatsReport } from '../../../src/webrtc/stats-report.ts';
import type { VoiceReceiver } from '../../../src/webrtc/voice-level.ts';
import { FakeTime } from '../../support/fake-time.ts';
import chromium from './reports/chromium.json' with { type: 'json' };

/** A link as a monitor sees it: counters that grow by what the test says. */
class Link implements MonitoredLink {
  state: LinkState = 'connected';
  /** From 0 to 1: how loud the other one is. */
  level = 0;
  /** Of a hundred packets that are sent in a second. */
  lost = 0;
  readonly askedAt: number[] = [];
  readonly encodings: CameraEncoding[] = [];
  ownLevels = 0;
  /** Since when nothing arrives any more. */
  silentSince: number | null = null;
  /** Answers never come. */
  stuck = false;
  readonly #now: () => number;
  #lost = 0;
  #readAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#readAt = now();
  }

  async getStats(): Promise<StatsReport> {
    const now = this.#now();
    this.askedAt.push(now);
    if (this.stuck) await new Promise(() => undefined);
    this.#lost += ((now - this.#readAt) / 1000) * this.lost;
    this.#readAt = now;
    const seconds = now / 1000;
    return new Map(
      chromium.second.map((entry: StatsEntry) => {
        const counters = {
          packetsSent: 100 * seconds,
          packetsReceived: 100 * seconds,
          bytesSent: 60_000 * seconds,
          bytesReceived: 60_000 * seconds,
        };
        const lost = entry.type === 'remote-inbound-rtp' ? { packetsLost: this.#lost } : {};
        return [entry.id, { ...entry, timestamp: now, ...(entry.type.endsWith('bound-rtp') ? counters : {}), ...lost }];
      }),
    );
  }

  sender(): VoiceSender {
    return {
      getStats: async () => {
        this.ownLevels += 1;
        return new Map([['source', { id: 'source', type: 'media-source', kind: 'audio', timestamp: 0, audioLevel: 0.9 }]]);
      },
    };
  }

  receiver(): VoiceReceiver {
    const source = { timestamp: this.silentSince ?? this.#now(), audioLevel: this.level };
    return { track: { muted: false } as MediaStreamTrack, getSynchronizationSources: () => [source] };
  }

  setEncoding(_slot: 'video', encoding: CameraEncoding): void {
    this.encodings.push(encoding);
  }
}

const voice = { kind: 'audio', enabled: true, muted: false, readyState: 'live' } as MediaStreamTrack;
const noMeter = (): LevelMeter | null => assert.fail('no meter is needed');

class Call {
  readonly time = new FakeTime(1_000_000);
  readonly links = new Map<string, Link>();
  readonly speeches: Speech[] = [];
  readonly qualities: string[] = [];
  readonly figures: (readonly LinkFigures[])[] = [];
  readonly silent: string[] = [];
  readonly monitor: CallMonitor;
  tracks: SlotTracks = NO_TRACKS;
  visible = true;

  constructor(...ids: readonly string[]) {
    for (const id of ids) this.link(id);
    this.monitor = new CallMonitor({
      links: () => this.links,
      local: () => this.tracks,
      timers: this.time,
      now: this.time.now,
      uploadBudget: 2_000_000,
      visible: () => this.visible,
      openMeter: noMeter,
    });
    this.monitor.on('speaking', (speech) => this.speeches.push(speech));
    this.monitor.on('quality', ({ peer, quality }) => this.qualities.push(`${peer} ${quality.level} ${quality.cause}`));
    this.monitor.on('figures', (figures) => this.figures.push(figures));
    this.monitor.on('silent', (peer) => this.silent.push(peer));
  }

  /** That one's link; made when there is none. */
  link(id: string): Link {
    const link = this.links.get(id) ?? new Link(this.time.now);
    this.links.set(id, link);
    return link;
  }
}

describe('a call monitor', () => {
  test('says who speaks within half a second, and when they have stopped', async () => {
    const call = new Call('a', 'b');
    call.link('a').level = 0.2;
    await call.time.advance(500);
    assert.deepEqual(
      call.speeches.map(({ speaking, active }) => [...speaking, active]),
      [['a', 'a']],
    );
    call.link('a').level = 0;
    await call.time.advance(1000);
    assert.deepEqual([...(call.speeches.at(-1)?.speaking ?? [])], []);
    assert.equal(call.speeches.at(-1)?.active, 'a');
    assert.equal(call.speeches.length, 2);
  });

  test('hears one’s own voice from one link alone, and not while it is muted', async () => {
    const call = new Call('a', 'b');
    call.tracks = { ...NO_TRACKS, audio: voice };
    await call.time.advance(3000);
    assert.deepEqual([...(call.speeches[0]?.speaking ?? [])], ['self']);
    assert.equal(call.speeches[0]?.active, null);
    assert.ok(call.link('a').ownLevels <= 8, String(call.link('a').ownLevels));
    assert.equal(call.link('b').ownLevels, 0);
    const before = call.link('a').ownLevels;
    call.tracks = { ...NO_TRACKS, audio: { ...voice, enabled: false } };
    await call.time.advance(2000);
    assert.equal(call.link('a').ownLevels, before);
    assert.equal(call.speeches.at(-1)?.speaking.size, 0);
  });

  test('listens to nobody while the page is not visible, and reads less often', async () => {
    const call = new Call('a');
    call.visible = false;
    call.tracks = { ...NO_TRACKS, audio: voice };
    call.link('a').level = 0.5;
    await call.time.advance(60_000);
    assert.equal(call.speeches.length, 0);
    assert.equal(call.link('a').ownLevels, 0);
    const asked = call.link('a').askedAt.length;
    assert.ok(asked >= 9 && asked <= 13, String(asked));
    call.visible = true;
    await call.time.advance(2000);
    assert.deepEqual([...(call.speeches[0]?.speaking ?? [])], ['a']);
  });

  test('says a second later that nothing arrives of somebody, once, and again when it has stopped again', async () => {
    const call = new Call('a', 'b');
    await call.time.advance(5000);
    assert.deepEqual(call.silent, []);
    call.link('a').silentSince = call.time.now();
    await call.time.advance(800);
    assert.deepEqual(call.silent, []);
    await call.time.advance(400);
    assert.deepEqual(call.silent, ['a']);
    await call.time.advance(60_000);
    assert.deepEqual(call.silent, ['a']);
    call.link('a').silentSince = null;
    await call.time.advance(1000);
    call.link('a').silentSince = call.time.now();
    await call.time.advance(1400);
    assert.deepEqual(call.silent, ['a', 'a']);
  });

  test('does not take the time for silence for which the page was not visible', async () => {
    const call = new Call('a');
    await call.time.advance(5000);
    call.visible = false;
    await call.time.advance(60_000);
    call.visible = true;
    await call.time.advance(5000);
    assert.deepEqual(call.silent, []);
  });

  test('asks each link every two seconds, and never two at once', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const call = new Call(...ids);
    await call.time.advance(60_000);
    for (const id of ids) {
      const asked = call.link(id).askedAt.length;
      assert.ok(asked >= 25 && asked <= 31, `${id}: ${asked}`);
    }
    const times = [...call.links.values()].flatMap(({ askedAt }) => askedAt);
    assert.equal(new Set(times).size, times.length);
  });

  test('says figures of all links every two seconds', async () => {
    const call = new Call('a', 'b');
    await call.time.advance(20_000);
    assert.ok(call.figures.length >= 8 && call.figures.length <= 10, String(call.figures.length));
    const last = call.figures.at(-1) ?? [];
    assert.deepEqual(
      last.map(({ peer, quality, path }) => [peer, quality.level, path]),
      [
        ['a', 'good', 'host udp'],
        ['b', 'good', 'host udp'],
      ],
    );
    assert.ok(Math.abs((last[0]?.sent.bitrate ?? 0) - 2 * 480_000) < 1000, String(last[0]?.sent.bitrate));
  });

  test('says a quality once, and again when it has changed for good', async () => {
    const call = new Call('a', 'b');
    await call.time.advance(20_000);
    assert.deepEqual(call.qualities, ['a good none', 'b good none']);
    for (const { link } of [{ link: call.link('a') }, { link: call.link('b') }]) link.lost = 20;
    await call.time.advance(10_000);
    assert.ok(call.qualities.includes('a poor uplink') || call.qualities.includes('a poor peer'), call.qualities.join());
  });

  test('names the peer when what others get arrives', async () => {
    const call = new Call('a', 'b', 'c');
    await call.time.advance(6000);
    call.link('b').lost = 20;
    await call.time.advance(10_000);
    assert.deepEqual(call.qualities.slice(3), ['b poor peer']);
  });

  test('shares the upload anew within a look, or at once when it is told', async () => {
    const call = new Call('a');
    assert.deepEqual(
      call.link('a').encodings.map(({ maxBitrate }) => maxBitrate),
      [1_700_000],
    );
    call.link('b');
    await call.time.advance(200);
    assert.equal(call.link('a').encodings.at(-1)?.maxBitrate, 1_000_000);
    call.link('c');
    call.link('d');
    call.monitor.peersChanged();
    assert.equal(call.link('d').encodings.at(-1)?.maxBitrate, 500_000);
  });

  test('sends less to whom it does not reach, and says so', async () => {
    const call = new Call('a', 'b');
    await call.time.advance(4000);
    call.link('a').lost = 30;
    await call.time.advance(10_000);
    assert.ok((call.link('a').encodings.at(-1)?.maxBitrate ?? 0) <= 250_000);
    assert.ok(call.link('b').encodings.every(({ maxBitrate }) => maxBitrate === call.link('b').encodings[0]?.maxBitrate));
  });

  test('asks nothing of a link that is not connected, and forgets its quality', async () => {
    const call = new Call('a');
    await call.time.advance(5000);
    call.link('a').state = 'interrupted';
    await call.time.advance(200);
    const asked = call.link('a').askedAt.length;
    await call.time.advance(10_000);
    assert.equal(call.link('a').askedAt.length, asked);
    assert.deepEqual(call.qualities, ['a good none', 'a unknown none']);
    assert.deepEqual(call.figures.at(-1), []);
  });

  test('counts anew on a link that was built anew', async () => {
    const call = new Call('a');
    await call.time.advance(5000);
    call.links.set('a', new Link(call.time.now));
    await call.time.advance(5000);
    assert.deepEqual(call.qualities, ['a good none']);
    assert.ok(call.link('a').askedAt.length >= 2);
  });

  test('forgets whoever has left as the last who spoke', async () => {
    const call = new Call('a', 'b');
    call.link('a').level = 0.3;
    await call.time.advance(1000);
    call.links.delete('a');
    await call.time.advance(200);
    assert.equal(call.speeches.at(-1)?.active, null);
  });

  test('goes on with the others when one link does not answer', async () => {
    const call = new Call('a', 'b');
    call.link('a').stuck = true;
    await call.time.advance(30_000);
    assert.ok(call.link('b').askedAt.length > 5, String(call.link('b').askedAt.length));
  });

  test('leaves no timer when it is closed, and says nothing more', async () => {
    const call = new Call('a');
    await call.time.advance(1000);
    call.monitor.close();
    call.link('a').level = 1;
    await call.time.advance(10_000);
    assert.equal(call.time.waiting, 0);
    assert.deepEqual([call.speeches.length, call.figures.length], [0, 0]);
  });
});
