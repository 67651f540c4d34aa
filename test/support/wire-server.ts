/** The real socket endpoint with families of a test's own, on a free port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Authenticator } from '../../server-reference/src/auth/authenticator.ts';
import { type Clock, systemClock } from '../../server-reference/src/clock.ts';
import { SiteGuard } from '../../server-reference/src/net/site-guard.ts';
import type { ChannelFamily } from '../../server-reference/src/socket/channel.ts';
import { familiesOf } from '../../server-reference/src/socket/topics.ts';
import { WebSocketEndpoint } from '../../server-reference/src/socket/websocket.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';
import { CAPABILITIES } from '../../src/protocol/index.ts';

export interface WireServer {
  readonly socketUrl: string;
  readonly endpoint: WebSocketEndpoint;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export async function startWireServer(families: readonly ChannelFamily[], clock: Clock = systemClock): Promise<WireServer> {
  const endpoint = new WebSocketEndpoint({
    families: familiesOf(families),
    authenticator: new Authenticator({ secret: null, jwksUrl: null, phoenix: null, publicCan: CAPABILITIES, clock }),
    guard: new SiteGuard({ mode: 'development', publicUrl: null, origins: [] }),
    clock,
    log: createLog({ level: 'silent' }),
    path: '/socket',
  });
  const http = createServer();
  http.on('upgrade', endpoint.upgrade);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    socketUrl: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/socket`,
    endpoint,
    async [Symbol.asyncDispose]() {
      await endpoint.close(1000);
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
