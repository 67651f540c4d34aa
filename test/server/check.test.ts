/** The conformance check against our own server, in real time. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { judge, type Report, reportText } from '../../server-reference/src/check/report.ts';
import { runCheck } from '../../server-reference/src/check/run-check.ts';
import { run } from '../../server-reference/src/cli/run.ts';
import { systemClock } from '../../server-reference/src/clock.ts';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { LayeredBroadcast } from '../support/layered-broadcast.ts';
import { startTestServer } from '../support/server.ts';
import { unhurried } from '../support/unhurried.ts';

let clip: Clip;
before(async () => {
  clip = await encodeClip({ width: 320, height: 180, frameRate: 30, bitrate: 300_000, duration: 4, audio: 'opus' });
});

const addressesOf = (url: string): string[] => [`${url}/live/demo/index.m3u8`, `${url}/live/demo/manifest.mpd`];

/** A broadcast whose first frames have been packaged. */
async function onAir(url: string, broadcast: LayeredBroadcast): Promise<void> {
  await broadcast.start();
  const [playlist = ''] = addressesOf(url);
  while ((await fetch(playlist)).status !== 200) await pause(50);
}

const pause = (ms: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  systemClock.after(ms, resolve);
  return promise;
};

/** What was found, for every rule that is broken. */
function broken({ rules }: Report): string[] {
  return rules.flatMap(({ rule, verdict }) => (verdict.kind === 'broken' ? verdict.breaches.map(({ text }) => `${rule.id}: ${text}`) : []));
}

function seen({ rules }: Report, ...ids: readonly string[]): void {
  for (const { rule, verdict } of rules)
    if (ids.includes(rule.id)) assert.equal(verdict.kind, 'kept', `${rule.id} ${JSON.stringify(verdict)}`);
}

async function watch(url: string, seconds: number, token: string | null = null) {
  const signal = new AbortController().signal;
  const options = { seconds, token, origin: null, insecure: false, clock: systemClock, signal };
  const outcome = await runCheck({ addresses: addressesOf(url), ...options });
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.reason);
  return { log: outcome.log, report: judge(outcome.log) };
}

async function keepsRules(ids: readonly string[], attempt: () => ReturnType<typeof watch>): Promise<void> {
  const { report, log } = await unhurried(attempt, (watched) => broken(watched.report).length === 0);
  assert.deepEqual(broken(report), [], reportText(report, log, []));
  seen(report, ...ids);
}

for (const [layers, partDuration] of [
  [1, 200],
  [3, 100],
] as const) {
  test(`our own origin keeps every rule that can be seen, with ${layers} layers and parts of ${partDuration} ms`, async () => {
    const ids = ['1', '2', '3', '7', '9', '14', '16', '19', '21', '22', '24', '26', '27', '29', '30', '32'];
    await keepsRules(ids, async () => {
      await using server = await startTestServer({ partDuration });
      await using broadcast = new LayeredBroadcast(server.url, 'demo', clip, layers);
      await onAir(server.url, broadcast);
      return await watch(server.url, 8);
    });
  });
}

test('our own origin keeps every rule where a broadcast is interrupted', async () => {
  await keepsRules(['5', '11', '13', '19', '30'], async () => {
    await using server = await startTestServer();
    await using broadcast = new LayeredBroadcast(server.url, 'demo', clip);
    await onAir(server.url, broadcast);
    const watching = watch(server.url, 11);
    await pause(3500);
    await broadcast.drop();
    await pause(2000);
    await broadcast.start();
    return await watching;
  });
});

test('our own origin keeps every rule where a broadcast ends', async () => {
  await keepsRules(['18', '31'], async () => {
    await using server = await startTestServer();
    await using broadcast = new LayeredBroadcast(server.url, 'demo', clip);
    await onAir(server.url, broadcast);
    const watching = watch(server.url, 8);
    await pause(4500);
    await broadcast.end();
    return await watching;
  });
});

test('the command prints a report and ends with 0, and with 3 where nobody is there', async () => {
  await using server = await startTestServer();
  await using broadcast = new LayeredBroadcast(server.url, 'demo', clip);
  await onAir(server.url, broadcast);
  const printed: string[] = [];
  const output = { out: (text: string) => void printed.push(text), error: () => undefined };
  const [address = ''] = addressesOf(server.url);
  assert.equal(await run(['check', address, '--seconds', '3', '--json'], {}, output), 0);
  const { rules, conformant } = JSON.parse(printed.join('')) as { rules: unknown[]; conformant: boolean };
  assert.equal(rules.length, 33);
  assert.equal(conformant, true);
  assert.equal(await run(['check', `${server.url}/live/nobody/index.m3u8`, '--seconds', '1'], {}, output), 3);
  assert.equal(await run(['check'], {}, output), 2);
  assert.equal(await run(['check', 'ftp://example.org/a'], {}, output), 2);
});
