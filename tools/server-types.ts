/**
 * The types of the server's package: what `glasscast-server` exports, and what that names. Run when the package is packed, since nobody needs
 * them to run the server. Of all declarations only those are kept that the entry point leads to.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const target = path.join(root, 'server-reference', 'dist', 'types');
const ENTRY = 'server-reference/src/index.d.ts';
/** Around the address, without its ending, of a declaration beside it. */
const RELATIVE = /((?:from |import\()["'])(\.{1,2}\/[^"']+)\.ts(?=["'])/g;

const all = mkdtempSync(path.join(tmpdir(), 'glasscast-types-'));
try {
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
  const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', all];
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'server-reference/tsconfig.json', ...emit], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  rmSync(target, { recursive: true, force: true });
  const reached = new Set([ENTRY]);
  // A set that grows while it is walked is walked to its end.
  for (const file of reached) {
    const text = readFileSync(path.join(all, file), 'utf8');
    for (const [, , to = ''] of text.matchAll(RELATIVE)) reached.add(path.posix.join(path.posix.dirname(file), `${to}.d.ts`));
    const written = path.join(target, file);
    mkdirSync(path.dirname(written), { recursive: true });
    writeFileSync(written, text.replaceAll(RELATIVE, '$1$2.js'));
  }
  console.log(`Wrote ${reached.size} declarations of the server's package.`);
} finally {
  rmSync(all, { recursive: true, force: true });
}
