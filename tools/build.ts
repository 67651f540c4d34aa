/**
 * Builds the SDK for npm and for a script tag, the server, and puts the SDK and the demo into the server's package.
 * With `--if-stale` it does so only when a source is newer than the last build.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const root = path.resolve(import.meta.dirname, '..');
const stamp = path.join(root, 'dist', '.built');
const sources = ['src', 'server-reference/src', 'demo', 'rollup.config.mjs', 'tools/worker-plugin.mjs', 'package-lock.json'];

function newest(file: string): number {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((entry) => newest(path.join(file, entry))));
}

function isFresh(): boolean {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return sources.every((source) => newest(path.join(root, source)) < built);
}

/** What browsers ask for, compressed once and not for each of them. */
function compress(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))) {
    const source = readFileSync(path.join(folder, file));
    writeFileSync(path.join(folder, `${file}.br`), brotliCompressSync(source));
    writeFileSync(path.join(folder, `${file}.gz`), gzipSync(source, { level: 9 }));
  }
}

function build(): void {
  const started = performance.now();
  for (const output of ['dist', 'server-reference/dist']) rmSync(path.join(root, output), { recursive: true, force: true });
  const rollup = path.join(root, 'node_modules', '.bin', 'rollup');
  const { status } = spawnSync(process.execPath, [rollup, '--config', 'rollup.config.mjs', '--silent'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const served = path.join(root, 'server-reference', 'dist');
  cpSync(path.join(root, 'dist', 'glasscast.js'), path.join(served, 'sdk', 'glasscast.js'));
  cpSync(path.join(root, 'dist', 'chunks'), path.join(served, 'sdk', 'chunks'), { recursive: true });
  compress(path.join(served, 'sdk'));
  cpSync(path.join(root, 'demo'), path.join(served, 'demo'), { recursive: true });
  writeFileSync(stamp, '');
  console.log(`Built the SDK, the demo and the server in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

if (!process.argv.includes('--if-stale') || !isFresh()) build();
