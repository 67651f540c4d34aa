/** What a supervisor decides, with programs that are no ffmpeg. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLog } from '../../../server-reference/src/telemetry/log.ts';
import { Ffmpeg } from '../../../server-reference/src/transcode/ffmpeg.ts';
import { FfmpegChild } from '../../../server-reference/src/transcode/ffmpeg-child.ts';
import { findFfmpeg } from '../../../server-reference/src/transcode/find-ffmpeg.ts';
import { Restarts } from '../../../server-reference/src/transcode/restarts.ts';
import { PICTURES, Slots, SOUND } from '../../../server-reference/src/transcode/slots.ts';
import { Supervisor } from '../../../server-reference/src/transcode/supervisor.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const log = createLog({ level: 'silent' });

test('the first restart comes at once, each further one later, and after three within a minute there is none', () => {
  const restarts = new Restarts();
  assert.deepEqual([restarts.ended(0), restarts.ended(100), restarts.ended(200), restarts.ended(300)], [0, 600, 1200, null]);
});

test('ends that are a minute apart are accidents', () => {
  const restarts = new Restarts();
  for (let at = 0; at < 600_000; at += 60_000) assert.equal(restarts.ended(at), at);
});

test('sound takes an eighth of what pictures take', () => {
  const slots = new Slots(1);
  const release = slots.take(PICTURES);
  assert.equal(slots.take(SOUND), null);
  release?.();
  release?.();
  const sounds = Array.from({ length: 8 }, () => slots.take(SOUND));
  assert.ok(sounds.every((each) => each !== null));
  assert.equal(slots.take(SOUND), null);
});

function supervise(program: string, clock = new FakeClock()) {
  let lost = 0;
  const slots = new Slots(1);
  const supervisor = new Supervisor(
    { ffmpeg: new Ffmpeg(program), slots, clock, log },
    { name: 'test', share: 1, outputs: () => 1, arguments: () => [], output: () => undefined, lost: () => lost++ },
  );
  return { supervisor, slots, clock, lost: () => lost };
}

test('a child that is given input and answers nothing for five seconds is given up, and its slot is free', () => {
  const { supervisor, slots, clock, lost } = supervise('/bin/true');
  assert.ok(supervisor.start());
  assert.ok(supervisor.write(Uint8Array.of(1)));
  clock.advance(5000);
  assert.ok(supervisor.write(Uint8Array.of(2)));
  clock.advance(1);
  assert.equal(supervisor.write(Uint8Array.of(3)), false);
  assert.deepEqual([supervisor.running, slots.taken, lost()], [false, 0, 1]);
  supervisor.stop();
});

test('a child that is given nothing does not hang', () => {
  const { supervisor, clock } = supervise('/bin/true');
  supervisor.start();
  clock.advance(60_000);
  assert.ok(supervisor.write(Uint8Array.of(1)));
  supervisor.stop();
});

test('a child that leaves more than 2 MiB unread does not keep up', () => {
  const { supervisor, lost } = supervise('/bin/true');
  supervisor.start();
  assert.ok(supervisor.write(new Uint8Array(2 * 1024 * 1024 + 1)));
  assert.equal(supervisor.write(Uint8Array.of(1)), false);
  assert.equal(lost(), 1);
});

test('a child that cannot even be spawned has ended, and says why', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const none = (): void => undefined;
  const child = new FfmpegChild({ ffmpeg: new Ffmpeg('/bin/true'), arguments: () => ['\0'], outputs: 1, output: none, ended: resolve });
  assert.match(await promise, /null bytes/);
  child.close();
});

test('what ended too often is left alone until other input follows', () => {
  const { supervisor, clock } = supervise('/bin/true');
  for (let round = 0; round < 4; round++) {
    assert.ok(supervisor.start());
    supervisor.fail('test');
    clock.advance(3000);
  }
  assert.equal(supervisor.start(), false);
  supervisor.reset();
  assert.ok(supervisor.start());
  supervisor.stop();
});

test('epochs that follow each other at once get one child a second between them', () => {
  const { supervisor, clock } = supervise('/bin/true');
  let started = 0;
  for (let epoch = 0; epoch < 40; epoch++) {
    supervisor.reset();
    if (supervisor.start()) started++;
    clock.advance(100);
  }
  assert.equal(started, 4);
  supervisor.stop();
});

test('the program is the one in PATH, else the one that was installed along', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-find-'));
  const program = join(folder, 'ffmpeg');
  await writeFile(program, '#!/bin/sh\n');
  await chmod(program, 0o755);
  assert.equal(
    findFfmpeg(null, `/nowhere:${folder}`, () => '/bin/true'),
    program,
  );
  assert.equal(
    findFfmpeg(null, '/nowhere', () => program),
    program,
  );
  assert.equal(
    findFfmpeg(null, '/nowhere', () => null),
    null,
  );
  assert.equal(
    findFfmpeg('/nowhere/ffmpeg', folder, () => program),
    null,
  );
  await rm(folder, { recursive: true });
});

for (const [version, expected] of [
  ['ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021', '-vsync'],
  ['ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026', '-fps_mode'],
  ['ffmpeg version n7.1 Copyright (c) 2000-2024', '-fps_mode'],
  ['ffmpeg version N-47683-g0e8eb07980-static Copyright (c) 2000-2018', '-vsync'],
  ['ffmpeg version N-118000-g0123456789 Copyright (c) 2000-2025', '-fps_mode'],
] as const) {
  test(`${version.slice(15, 30)} lets pictures through with ${expected}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'glasscast-version-'));
    const program = join(folder, 'ffmpeg');
    const list = ' V....D libx264              libx264 H.264';
    await writeFile(program, `#!/bin/sh\nif [ "$1" = -version ]; then echo '${version}'; else echo '${list}'; fi\n`);
    await chmod(program, 0o755);
    const { passthrough, encoders } = await new Ffmpeg(program).abilities();
    assert.equal(passthrough[0], expected);
    assert.deepEqual([...(encoders ?? [])], ['libx264']);
    await rm(folder, { recursive: true });
  });
}
