/** The real origin on a free port, fed by a simulated broadcast under a fake clock. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { installProblems } from '../../server-reference/src/http/problem.ts';
import type { Hub, HubOptions } from '../../server-reference/src/hub/hub.ts';
import { LiveOrigin } from '../../server-reference/src/origin/live-origin.ts';
import { originRoutes } from '../../server-reference/src/origin/routes.ts';
import { FakeClock } from './fake-clock.ts';
import { type MediaPlaylist, parseMediaPlaylist } from './playlist.ts';
import { type BroadcastOptions, SimulatedBroadcast, testHub } from './simulated-broadcast.ts';

export interface RunningOrigin extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly hub: Hub;
  readonly origin: LiveOrigin;
  readonly server: Server;
  readonly url: string;
  broadcast(options?: BroadcastOptions): SimulatedBroadcast;
  /** Address of a session's rendition, without the file. */
  base(broadcast: SimulatedBroadcast, rendition: 'v0' | 'a0' | 'v1'): string;
  playlist(broadcast: SimulatedBroadcast, rendition: 'v0' | 'a0' | 'v1', query?: string): Promise<MediaPlaylist>;
  /** Lets requests that are under way reach the server. */
  settle(): Promise<void>;
}

export async function startOrigin(options: Partial<HubOptions> = {}): Promise<RunningOrigin> {
  const clock = new FakeClock();
  const hub = testHub(clock, options);
  const origin = new LiveOrigin(hub);
  const app = fastify({ forceCloseConnections: true });
  let arrived = 0;
  app.addHook('onRequest', async () => {
    arrived++;
  });
  installProblems(app);
  await app.register(originRoutes, { origin, authorize: async () => undefined });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const base = (broadcast: SimulatedBroadcast, rendition: string): string => {
    const { session } = broadcast.publication;
    return `${url}/live/${session?.stream}/${session?.id}/${rendition}`;
  };
  return {
    clock,
    hub,
    origin,
    server: app.server,
    url,
    base,
    broadcast: (more) => new SimulatedBroadcast(hub, clock, more),
    async playlist(broadcast, rendition, query = '') {
      const response = await fetch(`${base(broadcast, rendition)}/media.m3u8${query}`);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${response.status} ${text}`);
      return parseMediaPlaylist(text);
    },
    async settle() {
      // A request of our own behind the others: it is answered after they have arrived.
      const before = arrived;
      await fetch(`${url}/live/nobody/index.m3u8`);
      if (arrived === before) throw new Error('no request arrived');
    },
    async [Symbol.asyncDispose]() {
      hub.close();
      await app.close();
      origin.close();
    },
  };
}
