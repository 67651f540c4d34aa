/** Debian's nginx in the foreground, on a free port, with folders of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why nginx cannot be used here; null where it can. */
export function nginxMissing(): string | null {
  const found = spawnSync(NGINX, ['-v']);
  return found.status === 0 ? null : 'nginx is not installed (apt-get install nginx-light)';
}

const NGINX = process.env['NGINX_PATH'] ?? '/usr/sbin/nginx';

export interface RunningNginx extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly process: ChildProcess;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** @param configure the contents of `http { … }`, given the port to listen on and the folder to write into */
export async function startNginx(configure: (port: number, folder: string) => string): Promise<RunningNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'glasscast-nginx-'));
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const main =
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn;\n${process.getuid?.() === 0 ? 'user root;\n' : ''}` +
    `events { worker_connections 8192; }\nhttp {\naccess_log off; ${paths}\n${configure(port, folder)}\n}\n`;
  const file = join(folder, 'nginx.conf');
  await writeFile(file, main);
  let said = '';
  const child = spawn(NGINX, ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.once('error', (error) => {
    said += error.message;
  });
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      await rm(folder, { recursive: true, force: true });
      // Somebody else was given the port before nginx had it.
      if (/Address already in use/.test(said)) return startNginx(configure);
      throw new Error(`nginx ended: ${said}`);
    }
    await sleep(20);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    process: child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
