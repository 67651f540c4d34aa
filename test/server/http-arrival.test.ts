/** Bodies that never arrive whole. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { completeConfig } from '../../server-reference/src/config/config.ts';
import { createApp } from '../../server-reference/src/http/app.ts';
import { SiteGuard } from '../../server-reference/src/net/site-guard.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';
import { Readiness } from '../../server-reference/src/telemetry/readiness.ts';

const options = {
  log: createLog({ level: 'silent' }),
  guard: new SiteGuard(completeConfig({})),
  readiness: new Readiness(),
  trustProxy: false,
  arrival: 100,
};

for (const [what, host] of [
  ['is read', 'localhost'],
  ['was refused already', 'elsewhere.example'],
] as const) {
  test(`a body that does not arrive whole ends its connection, where it ${what}`, { timeout: 10_000 }, async (context) => {
    const app = await createApp(options);
    context.after(() => app.close());
    app.post('/', async () => ({}));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    // The server may hang up in the midst of it.
    socket.on('error', () => undefined).resume();
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`);
    await once(socket, 'close');
  });
}

test('a connection whose body has arrived lives on', { timeout: 10_000 }, async (context) => {
  const app = await createApp({ ...options, arrival: 20 });
  context.after(() => app.close());
  app.post('/', async () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const send = async (): Promise<string> => {
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().slice(0, 12);
  };
  const began = performance.now();
  while (performance.now() - began < 60) assert.equal(await send(), 'HTTP/1.1 200');
  socket.destroy();
});
