/**
 * Runs everything that must hold: types, lint and import directions, unused code, the manifest, the build, the size budgets; then
 * the tests in Node, in a browser, and end to end. Ends with one line: `N passed, N failed`.
 *
 * `node tools/test.ts [check|node|browser|e2e|studio|interop|chaos …]` runs a part. Long broadcasts (`studio`), what takes a second
 * browser (`interop`), and what takes minutes, root and network namespaces (`chaos`), run only when they are named.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { findChrome, findFfmpeg, findFfprobe, findFirefox, findIp, missing } from './find-program.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const root = path.resolve(import.meta.dirname, '..');
const bin = (name: string): string => path.join(root, 'node_modules', '.bin', name);

const CHECKS: readonly [name: string, ...args: string[]][] = [
  ['types of the SDK', bin('tsc'), '-p', 'src/tsconfig.json', '--noEmit'],
  ['types of the server', bin('tsc'), '-p', 'server-reference/tsconfig.json'],
  ['types of tools, tests and benchmarks', bin('tsc'), '-p', 'test/tsconfig.json'],
  ['format, lint and import directions', bin('biome'), 'ci', '--error-on-warnings', '.'],
  ['unused files, exports and dependencies', bin('knip')],
  ['custom-elements.json is fresh', 'tools/manifest.ts', '--check'],
  ['build', 'tools/build.ts', '--if-stale'],
  ['size budgets', 'tools/size.ts'],
];

function check(): Tally {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, ...args] of CHECKS) {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    const good = status === 0;
    console.log(`${good ? '✔' : '✖'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    if (!good) console.log(`${stdout}${stderr}`);
    tally[good ? 'passed' : 'failed']++;
  }
  return tally;
}

async function nodeTests(pattern: string, concurrency: number): Promise<Tally> {
  const files = globSync(pattern, { cwd: root }).map((file) => path.join(root, file));
  const tally = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) throw new Error(`No test file matches ${pattern}.`);
  const stream = run({ files, concurrency, cwd: root, timeout: 300_000 });
  stream.on('test:summary', ({ file, counts }) => {
    if (file !== undefined) return;
    tally.passed += counts.passed;
    tally.failed += counts.tests - counts.passed - counts.skipped;
    tally.skipped += counts.skipped;
  });
  stream.compose(spec).pipe(process.stdout, { end: false });
  await new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
  return tally;
}

async function browserTests(): Promise<Tally> {
  const { startTestRunner } = await import('@web/test-runner');
  const config = (await import(pathToFileURL(path.join(root, 'web-test-runner.config.mjs')).href)) as { default: object };
  const runner = await startTestRunner({ config: config.default, readCliArgs: false, readFileConfig: false, autoExitProcess: false });
  if (runner === undefined) throw new Error('The browser test runner did not start.');
  await new Promise<void>((resolve) => runner.on('stopped', () => resolve()));
  const tally = { passed: 0, failed: 0, skipped: 0 };
  interface Suite {
    tests: { passed: boolean; skipped: boolean }[];
    suites: Suite[];
  }
  const add = (suite: Suite): void => {
    for (const test of suite.tests) tally[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
    suite.suites.forEach(add);
  };
  for (const session of runner.sessions.all()) {
    if (session.testResults !== undefined) add(session.testResults);
    // A file that cannot be imported has no results at all: that is a failure, and not nothing.
    if (!session.passed && session.errors.length > 0) tally.failed++;
  }
  return tally;
}

/** Found, or installed, once and before several test files look for them at the same time. */
function findPrograms(): void {
  for (const find of [findChrome, findFfmpeg, findFfprobe]) find();
}

/** What a part cannot do without is installed before it starts; what it can do without is skipped by its tests, which say so. */
function rareTests(pattern: string, search: () => string): Promise<Tally> {
  const why = missing(search);
  if (why !== false) console.log(`Skipped in part: ${why}`);
  return nodeTests(pattern, 1);
}

const PARTS = {
  check: () => check(),
  node: () => nodeTests('test/{unit,server}/**/*.test.ts', 2),
  browser: () => browserTests(),
  e2e: () => nodeTests('test/e2e/**/*.test.ts', 1),
  studio: () => nodeTests('test/studio/**/*.test.ts', 1),
  interop: () => rareTests('test/interop/**/*.test.ts', findFirefox),
  chaos: () => rareTests('test/chaos/**/*.test.ts', findIp),
} satisfies Record<string, () => Tally | Promise<Tally>>;

/** What `npm test` runs. */
const USUAL: readonly (keyof typeof PARTS)[] = ['check', 'node', 'browser', 'e2e'];

const isPart = (name: string): name is keyof typeof PARTS => name in PARTS;
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isPart(name));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}": choose from ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}
findPrograms();
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of asked.length > 0 ? asked.filter(isPart) : USUAL) {
  console.log(`\n── ${name}`);
  const tally = await PARTS[name]();
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
