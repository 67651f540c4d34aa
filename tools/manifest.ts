/** Writes `custom-elements.json` from the sources; with `--check` it fails where the committed one is stale. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const committed = path.join(root, 'custom-elements.json');
const folder = mkdtempSync(path.join(tmpdir(), 'manifest-'));

try {
  const cem = path.join(root, 'node_modules', '.bin', 'cem');
  const args = [cem, 'analyze', '--config', 'custom-elements-manifest.config.mjs', '--quiet', '--outdir', path.relative(root, folder)];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The analyzer failed: ${stderr}`);
  const fresh = `${JSON.stringify(JSON.parse(readFileSync(path.join(folder, 'custom-elements.json'), 'utf8')), null, 2)}\n`;
  if (process.argv.includes('--check')) {
    const stale = !existsSync(committed) || readFileSync(committed, 'utf8') !== fresh;
    if (stale) {
      console.error('custom-elements.json is stale: run "npm run manifest" and commit it.');
      process.exitCode = 1;
    }
  } else {
    writeFileSync(committed, fresh);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
