/** The real server on a free port, with a data directory of its own, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../server-reference/src/config/config.ts';
import { type RunningServer, type Surroundings, startServer } from '../../server-reference/src/server.ts';
import { createLog } from '../../server-reference/src/telemetry/log.ts';

export interface TestServer extends RunningServer {
  /** The Phoenix endpoint, for the client's `new Socket(…)`. */
  readonly socketUrl: string;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * Development mode, free ports for HTTP and STUN, no log; whatever `settings` say wins. The data directory goes with the server.
 */
export async function startTestServer(settings: Settings = {}, surroundings: Surroundings = {}): Promise<TestServer> {
  const data = await mkdtemp(join(tmpdir(), 'glasscast-test-'));
  const forget = (): Promise<void> => rm(data, { recursive: true, force: true });
  const server = await startServer(
    { host: '127.0.0.1', port: 0, stunPort: 0, data, logLevel: 'silent', ...settings },
    { log: createLog({ level: settings.logLevel ?? 'silent' }), ...surroundings },
  ).catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  const close = async (patience?: number): Promise<void> => {
    await server.close(patience);
    await forget();
  };
  return { ...server, socketUrl: `${server.url.replace(/^http/, 'ws')}/socket`, close, [Symbol.asyncDispose]: () => close() };
}
