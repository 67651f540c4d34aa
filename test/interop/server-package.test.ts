/** The server's package as npm packs it, in the hands of somebody who has no checkout: its types, and what it exports. */
import assert from 'node:assert/strict';
import { type ExecFileException, execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const MODULES = path.join(ROOT, 'node_modules');

const DETECTOR = `/** @type {import('glasscast-server').DetectorFactory} */
export default async function createDetector() {
  return {
    async detect({ width, height, data }) {
      const score = (data[0] ?? 0) / (width * height);
      return [{ box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 }, score }];
    },
    close: () => undefined,
  };
}
`;
const EMBEDDER = `import { type Detector, type DetectorFactory, type Picture, type RunningServer, startServer } from 'glasscast-server';
class Mine implements Detector {
  async detect(picture: Picture) {
    return [{ box: { x: 0, y: 0, width: 1, height: 1 }, score: picture.data.length }];
  }
}
export const factory: DetectorFactory = () => new Mine();
export const start = async (): Promise<string> => {
  const server: RunningServer = await startServer({ port: 0, detector: './mine.js' });
  return server.url;
};
`;

describe('the packed server', () => {
  let folder = '';
  let consumer = '';

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'glasscast-package-'));
    consumer = path.join(folder, 'consumer');
    // Packing builds, which would take the build away under the feet of other tests.
    const checkout = path.join(folder, 'checkout');
    const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, maxBuffer: 1 << 24 });
    for (const file of stdout.split('\n').filter((name) => /^(?:src|server-reference|demo|tools|[^/]+$)/.test(name))) {
      await cp(path.join(ROOT, file), path.join(checkout, file));
    }
    await symlink(MODULES, path.join(checkout, 'node_modules'));
    await run('npm', ['pack', '--pack-destination', folder], { cwd: path.join(checkout, 'server-reference') });
    const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await mkdir(path.join(consumer, 'node_modules', '@types'), { recursive: true });
    await run('tar', ['-xzf', path.join(folder, tarball)], { cwd: folder });
    await cp(path.join(folder, 'package'), path.join(consumer, 'node_modules', 'glasscast-server'), { recursive: true });
    // What npm would install beside it, and what whoever writes for Node has.
    for (const name of ['valibot', 'pino', '@types/node', 'undici-types']) {
      await symlink(path.join(MODULES, name), path.join(consumer, 'node_modules', name));
    }
    await writeFile(path.join(consumer, 'package.json'), '{ "type": "module" }');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** What a strict compiler says of one file. */
  async function compiled(name: string, text: string, resolution: string): Promise<string> {
    await writeFile(path.join(consumer, name), text);
    const module = resolution === 'bundler' ? 'preserve' : resolution;
    const strict = ['--strict', '--noEmit', '--allowJs', '--checkJs', '--target', 'es2023', '--lib', 'es2024', '--types', 'node'];
    const args = [path.join(MODULES, '.bin', 'tsc'), ...strict, '--module', module, '--moduleResolution', resolution, name];
    try {
      return (await run(process.execPath, args, { cwd: consumer })).stdout;
    } catch (error) {
      return String((error as ExecFileException).stdout);
    }
  }

  for (const resolution of ['nodenext', 'bundler']) {
    test(`types a detector of one's own, and who embeds the server (${resolution})`, async () => {
      assert.equal(await compiled('mine.js', DETECTOR, resolution), '');
      assert.equal(await compiled('embedder.ts', EMBEDDER, resolution), '');
    });
  }

  test('says of a detector that answers something else what is wrong with it', async () => {
    assert.match(await compiled('wrong.js', DETECTOR.replace(', height: 0.5', ''), 'nodenext'), /'height' is missing/);
    assert.match(
      await compiled('wrong.js', DETECTOR.replace('{ width, height, data }', '{ width, height, data, depth }'), 'nodenext'),
      /'depth'/,
    );
  });

  test('holds declarations of what it exports and of nothing else, and no sources', async () => {
    const files = await readdir(path.join(folder, 'package'), { recursive: true });
    const declarations = files.filter((name) => name.endsWith('.d.ts'));
    assert.ok(declarations.length > 5 && declarations.length < 60, `${declarations.length} declarations`);
    assert.deepEqual(
      files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')),
      [],
    );
  });
});
