/** No ffmpeg outlives the server that started it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type Clip, encodeClip } from '../support/encoded-clip.ts';
import { broadcast, ffmpegsOf, isGone } from '../support/transcoding.ts';

const MAIN = resolve(import.meta.dirname, '../../server-reference/src/main.ts');
const clip: Clip = await encodeClip({ width: 640, height: 360 });

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
}

async function startProcess(): Promise<Started> {
  const data = await mkdtemp(join(tmpdir(), 'glasscast-transcode-'));
  const args = [MAIN, '--port', '0', '--no-stun', '--data', data, '--ladder', '240,144'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${printed}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /"url":"(http:[^"]+)"[^\n]*listening/.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    child,
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(data, { recursive: true, force: true });
    },
  };
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`ffmpeg ends where the server ends by ${signal}`, { timeout: 60_000 }, async () => {
    await using server = await startProcess();
    const { pid = 0 } = server.child;
    await using live = await broadcast(server, clip, 30);
    await live.until('v1', ({ segments }) => segments.some(({ gap, parts }) => !gap && parts.length > 0));
    await live.until('a1', ({ segments }) => segments.some(({ gap, parts }) => !gap && parts.length > 0));
    const children = ffmpegsOf(pid);
    assert.equal(children.length, 2, 'one for all rungs, and one for AAC');
    const ended = once(server.child, 'exit');
    server.child.kill(signal);
    await ended;
    // What is left of them is reaped by whoever inherits them.
    while (children.some((child) => !isGone(child))) await new Promise((resolve) => setImmediate(resolve));
  });
}
