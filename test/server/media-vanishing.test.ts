/** Players that are gone before they were answered. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { startOrigin } from '../support/running-origin.ts';

const CLIENTS = 200;

test('of 200 held playlist requests whose clients vanish, nothing is left', async () => {
  await using origin = await startOrigin();
  const broadcast = origin.broadcast();
  broadcast.run(4.5);
  const { port } = new URL(origin.url);
  const last = (await origin.playlist(broadcast, 'v0')).segments.at(-1);
  const path = `${new URL(origin.base(broadcast, 'v0')).pathname}/media.m3u8?_HLS_msn=${last?.msn}&_HLS_part=${(last?.parts.length ?? 0) + 1}`;
  const session = origin.origin.current('demo');
  assert.ok(session !== undefined);
  const timers = origin.clock.pending;
  const vanish = async (): Promise<void> => {
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => opened(Number(port))));
    for (const socket of sockets) socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await until(() => session.waiting === CLIENTS);
    assert.equal(origin.clock.pending, timers + CLIENTS);
    for (const socket of sockets) socket.destroy();
    await until(() => session.waiting === 0);
    assert.equal(origin.clock.pending, timers);
  };
  await vanish();
  const before = await connections();
  for (let round = 0; round < 5; round++) await vanish();
  await until(async () => (await connections()) <= before);
  broadcast.run(0.6);
  assert.equal((await fetch(`${origin.url}${path}`)).status, 200);

  function connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      origin.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
  }
});

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
