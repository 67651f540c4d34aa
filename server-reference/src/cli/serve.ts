/** Runs a server until a signal ends it, and says what it decided. */
import type { Settings } from '../config/config.ts';
import { type RunningServer, startServer } from '../server.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { VERSION } from '../version.ts';
import { addresses, decisions, greeting } from './greeting.ts';

/** The rest of the five seconds that a SIGTERM has. */
const DRAIN_PATIENCE = 3000;

export async function serve(settings: Settings): Promise<void> {
  outliveReaders();
  const log = createLog({ level: settings.logLevel ?? 'info' });
  const server = await startServer(settings, { log });
  if (process.stdout.isTTY && log.isLevelEnabled('info')) process.stdout.write(greeting(server));
  else announce(log, server);
  const signal = await endSignal();
  log.info({ signal }, 'draining; a second signal ends at once');
  process.once(signal, () => process.exit(1));
  await server.close(DRAIN_PATIENCE);
  log.info('ended');
}

/** Whoever reads the log may end before the server does: worth a line where it may still be seen, and no crash. */
function outliveReaders(): void {
  let told = false;
  process.stdout.on('error', ({ message }) => {
    if (!told) process.stderr.write(`glasscast-server: nobody reads the log any more: ${message}\n`);
    told = true;
  });
  process.stderr.on('error', () => {
    told = true;
  });
}

function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

function announce(log: Log, server: RunningServer): void {
  const { config, url } = server;
  log.info(decisions(server), `Glasscast ${VERSION}, ${config.mode} mode`);
  if (config.mode === 'development') log.info('no secret is set: everything is public, on this machine alone');
  log.info({ url: config.publicUrl?.origin ?? url, ...addresses(server) }, 'listening');
}
