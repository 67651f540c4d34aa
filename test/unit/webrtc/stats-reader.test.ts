import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StatsReader } from '../../../src/webrtc/stats-reader.ts';
import type { StatsEntry } from '../../../src/webrtc/stats-report.ts';
import chromium from './reports/chromium.json' with { type: 'json' };
import firefox from './reports/firefox.json' with { type: 'json' };

const reportOf = (entries: readonly StatsEntry[]): Map<string, StatsEntry> => new Map(entries.map((entry) => [entry.id, entry]));

const changed = (entries: readonly StatsEntry[], type: string, change: Partial<StatsEntry>, kind?: string): StatsEntry[] =>
  entries.map((entry) => (entry.type === type && (kind === undefined || entry.kind === kind) ? { ...entry, ...change } : entry));

const near = (value: number | null, wanted: number, by: number): void =>
  assert.ok(value !== null && Math.abs(value - wanted) <= by, `${value} is not ${wanted} ± ${by}`);

/** Two seconds of a camera at 640×360 and a tone, over the loopback. */
const recorded: readonly (readonly [string, { readonly first: StatsEntry[]; readonly second: StatsEntry[] }])[] = [
  ['Chromium', chromium],
  ['Firefox', firefox],
];

describe('a reader of statistics', () => {
  for (const [browser, { first, second }] of recorded) {
    test(`reads what a link carried from two reports of ${browser}`, () => {
      const reader = new StatsReader();
      reader.read(reportOf(first));
      const { sent, received, path, roundTrip } = reader.read(reportOf(second));
      for (const media of [sent, received]) {
        assert.ok(media.bitrate !== null && media.bitrate > 100_000 && media.bitrate < 2_000_000, `${media.bitrate} bit/s`);
        assert.equal(media.loss, 0);
        assert.ok(media.jitter !== null && media.jitter < 10, `${media.jitter} ms`);
        assert.equal(media.video?.width, 640);
        assert.equal(media.video?.height, 360);
        assert.equal(media.video?.codec, 'VP8');
        near(media.video?.frameRate ?? null, 25, 6);
      }
      assert.equal(path, 'host udp');
      assert.ok(roundTrip !== null && roundTrip >= 0 && roundTrip < 50, `${roundTrip} ms`);
    });

    test(`counts nothing in the first report of ${browser}`, () => {
      const { sent, received, freezes } = new StatsReader().read(reportOf(first));
      assert.equal(sent.bitrate, null);
      assert.equal(received.loss, null);
      assert.equal(freezes, null);
    });
  }

  test('knows what Chromium alone says: the bandwidth there is, and what limits the camera', () => {
    const reading = new StatsReader().read(reportOf(chromium.second));
    assert.equal(reading.limitation, 'none');
    assert.ok((reading.availableOutgoing ?? 0) > 1_000_000);
    const other = new StatsReader().read(reportOf(firefox.second));
    assert.equal(other.limitation, null);
    assert.equal(other.availableOutgoing, null);
  });

  test('finds the pair that is marked selected where no transport names one', () => {
    const without = firefox.second.filter(({ type }) => type !== 'transport');
    assert.equal(new StatsReader().read(reportOf(without)).path, 'host udp');
  });

  test('finds the nominated pair where none is marked selected', () => {
    const without = chromium.second.filter(({ type }) => type !== 'transport');
    assert.equal(new StatsReader().read(reportOf(without)).path, 'host udp');
  });

  test('names the protocol to the relay, not the one beyond it', () => {
    const relayed = changed(chromium.second, 'local-candidate', { candidateType: 'relay', relayProtocol: 'tcp', protocol: 'udp' });
    assert.equal(new StatsReader().read(reportOf(relayed)).path, 'relay tcp');
  });

  test('takes loss from what both receivers counted between two reports', () => {
    const reader = new StatsReader();
    reader.read(reportOf(chromium.first));
    const lostThere = changed(chromium.second, 'remote-inbound-rtp', { packetsLost: 10 }, 'video');
    const lostHere = changed(lostThere, 'inbound-rtp', { packetsLost: 10 }, 'audio');
    const { sent, received } = reader.read(reportOf(lostHere));
    assert.ok(sent.loss !== null && sent.loss > 0.02 && sent.loss < 0.2, `${sent.loss}`);
    near(received.loss, 0.055, 0.03);
  });

  test('counts a loss once, and holds to it until the receiver reports again', () => {
    const reader = new StatsReader();
    reader.read(reportOf(chromium.first));
    const lossy = changed(chromium.second, 'remote-inbound-rtp', { packetsLost: 10 }, 'video');
    const { sent } = reader.read(reportOf(lossy));
    for (let i = 0; i < 3; i++) assert.equal(reader.read(reportOf(lossy)).sent.loss, sent.loss);
    for (let i = 0; i < 3; i++) reader.read(reportOf(lossy));
    assert.equal(reader.read(reportOf(lossy)).sent.loss, null);
  });

  test('sees no picture while none is sent', () => {
    const reader = new StatsReader();
    reader.read(reportOf(chromium.first));
    const sent = chromium.first.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')?.bytesSent ?? 0;
    assert.equal(reader.read(reportOf(changed(chromium.second, 'outbound-rtp', { bytesSent: sent }, 'video'))).sent.video, null);
  });

  test('tells the camera’s freezes from those of a shared screen, which stands still by nature', () => {
    const camera = chromium.second.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
    assert.ok(camera);
    const screen = { ...camera, id: 'screen', mid: '2', freezeCount: 40, frameWidth: 1920, frameHeight: 1080 };
    const reader = new StatsReader();
    reader.read(reportOf([{ ...screen, freezeCount: 2, bytesReceived: 0 }, ...chromium.first]));
    const { freezes, received } = reader.read(reportOf([screen, ...chromium.second]));
    assert.equal(freezes, 0);
    assert.equal(received.video?.height, 1080);
  });

  test('begins anew where counters begin anew', () => {
    const reader = new StatsReader();
    reader.read(reportOf(chromium.second));
    const { sent, received } = reader.read(reportOf(chromium.first));
    assert.equal(sent.bitrate, 0);
    assert.ok(received.loss === null || received.loss === 0);
  });

  test('reads nothing from an empty report', () => {
    const { sent, path, limitation } = new StatsReader().read(new Map());
    assert.deepEqual({ path, limitation, video: sent.video }, { path: null, limitation: null, video: null });
  });
});
