/** The conformance check against our own server, long enough for what shows late: 1 and 3 layers, long and short parts, an absence, an end. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as passes } from 'node:timers/promises';
import { judge, reportText } from '../../server-reference/src/check/report.ts';
import { runCheck } from '../../server-reference/src/check/run-check.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { LayeredBroadcast } from '../support/layered-broadcast.ts';
import { startTestServer } from '../support/server.ts';
import { unhurried } from '../support/unhurried.ts';

const SECONDS = 36;
/** Of every rule that does not need something else to happen: 17 wants an uplink that fails, 25 wants TLS. */
const UNSEEN = ['17', '25'];

let clip: Clip;
before(async () => {
  clip = await encodeClip({ width: 320, height: 180, frameRate: 30, bitrate: 300_000, duration: 4, audio: 'opus' });
});

for (const layers of [1, 3]) {
  for (const partDuration of [200, 100]) {
    test(`every rule is seen and kept with ${layers} layers at ${partDuration} ms, over an absence and to the end`, {
      timeout: 300_000,
    }, async () => {
      const watched = async () => {
        await using server = await startTestServer({ partDuration });
        await using broadcast = new LayeredBroadcast(server.url, 'demo', clip, layers);
        await broadcast.start();
        const addresses = ['index.m3u8', 'manifest.mpd'].map((file) => `${server.url}/live/demo/${file}`);
        while ((await fetch(addresses[0] ?? '')).status !== 200) await passes(50);
        const { signal } = new AbortController();
        const checking = runCheck({ addresses, seconds: SECONDS, token: null, origin: null, insecure: false, clock: systemClock, signal });
        await passes(17_000);
        await broadcast.drop();
        await passes(2500);
        await broadcast.start();
        await passes(11_000);
        await broadcast.end();
        const outcome = await checking;
        assert.ok(outcome.ok, outcome.ok ? '' : outcome.reason);
        const report = judge(outcome.log);
        const of = (kind: string): string[] => report.rules.flatMap(({ rule, verdict }) => (verdict.kind === kind ? [rule.id] : []));
        return { of, text: reportText(report, outcome.log, addresses) };
      };
      const { of, text } = await unhurried(watched, (report) => report.of('broken').length === 0);
      assert.deepEqual(of('broken'), [], text);
      assert.deepEqual(
        of('unseen').filter((id) => !UNSEEN.includes(id)),
        [],
        text,
      );
    });
  }
}
