/** Passes TCP on, and stands still on demand: a path that swallows what is sent, and closes nothing. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StallingProxy {
  readonly url: string;
  stall(): void;
  flow(): void;
  close(): Promise<void>;
}

export async function startStallingProxy(server: string): Promise<StallingProxy> {
  const { hostname, port } = new URL(server);
  const open = new Set<Socket>();
  let stands = false;
  const proxy = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('data', (data) => to.write(data));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      if (stands) from.pause();
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    stall: () => {
      stands = true;
      for (const socket of open) socket.pause();
    },
    flow: () => {
      stands = false;
      for (const socket of open) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
