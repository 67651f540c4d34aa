/** A ladder below a source with B-frames, by a real ffmpeg. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Frame, VideoConfig } from '../../../server-reference/src/hub/media.ts';
import { Session } from '../../../server-reference/src/hub/session.ts';
import { parseAvcC } from '../../../server-reference/src/ingest/h264.ts';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';
import { Ffmpeg } from '../../../server-reference/src/transcode/ffmpeg.ts';
import { FlvReader } from '../../../server-reference/src/transcode/flv-reader.ts';
import { Ladder } from '../../../server-reference/src/transcode/ladder.ts';
import { Slots } from '../../../server-reference/src/transcode/slots.ts';
import { findFfmpeg, findFfprobe } from '../../../tools/find-program.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const run = promisify(execFile);
const TIMESCALE = 90_000;
const FRAME = TIMESCALE / 30;

/** Two seconds of H.264 with two B-frames between the others. */
async function source(): Promise<{ avcC: Uint8Array; frames: Frame[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-order-'));
  const file = join(folder, 'source.flv');
  const encode = ['-c:v', 'libx264', '-bf', '2', '-b_strategy', '0', '-g', '30', '-sc_threshold', '0', '-pix_fmt', 'yuv420p'];
  await run(findFfmpeg(), ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=30:duration=2', ...encode, file]);
  const entries = ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file];
  const shown = (await run(findFfprobe(), entries)).stdout.trim().split(/,?\n/).map(Number);
  const events = new FlvReader().push(new Uint8Array(await readFile(file)));
  await rm(folder, { recursive: true });
  const [configuration] = events;
  assert.ok(configuration?.type === 'configuration');
  const pictures = events.flatMap((event) => (event.type === 'picture' ? [event] : []));
  const frames = pictures.map(({ key, data }, index) => {
    const dts = TIMESCALE + index * FRAME;
    const pts = TIMESCALE + Math.round((shown[index] ?? 0) * 30) * FRAME;
    return { rendition: 'v0', dts, cts: pts - dts, duration: FRAME, key, data };
  });
  return { avcC: configuration.avcC, frames };
}

test('copies of reordered pictures have the decode times of the source, one after the other, and are shown when theirs are', {
  timeout: 20_000,
}, async () => {
  const { avcC, frames } = await source();
  assert.ok(
    frames.some(({ cts }) => cts >= 2 * FRAME),
    'the source is reordered',
  );
  const { codec, width, height } = parseAvcC(avcC);
  const config: VideoConfig = { kind: 'video', family: 'avc', timescale: TIMESCALE, codec, width, height, avcC };
  const rung = { id: 'v1', kind: 'video', family: 'avc', timescale: TIMESCALE, from: 'v0', lines: 120 } as const;
  const renditions = [{ id: 'v0', kind: 'video', family: 'avc', timescale: TIMESCALE } as const, rung];
  const session = new Session({ id: 's', stream: 'demo', renditions, window: 30, opened() {}, keyframeNeeded() {} });
  const workshop = { ffmpeg: new Ffmpeg(findFfmpeg()), slots: new Slots(1), clock: new FakeClock(), log: createLog({ level: 'silent' }) };
  const ladder = new Ladder(session, 'v0', [rung], workshop);
  session.subscribe(ladder);
  const copies: Frame[] = [];
  const enough = new Promise<void>((resolve) => {
    const frame = (made: Frame): void => {
      if (made.rendition !== 'v1') return;
      copies.push(made);
      if (copies.length === 50) resolve();
    };
    session.subscribe({ epoch() {}, frame, gap() {}, end() {} });
  });
  session.begin(new Map([['v0', { config, frameDuration: FRAME }]]), 1, 0, 1);
  for (const frame of frames) session.emit(frame);
  await enough;
  session.end();
  const sources = frames.slice(0, copies.length);
  assert.deepEqual(
    copies.map(({ dts, duration }) => [dts, duration]),
    sources.map(({ dts, duration }) => [dts, duration]),
  );
  const shown = frames.map(({ dts, cts }) => dts + cts).sort((a, b) => a - b);
  assert.deepEqual(
    copies.map(({ dts, cts }) => dts + cts),
    shown.slice(0, copies.length),
  );
  assert.deepEqual(
    copies.map(({ key }) => key),
    sources.map(({ key }) => key),
  );
});
