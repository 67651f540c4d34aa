/**
 * Runs everything that must hold: types, lint and import directions, unused code, the manifest, the build, the size budgets; then
 * the tests in Node, in a browser, and end to end. Ends with what failed, what was skipped and why, and one line: `N passed, N failed`.
 *
 * `node tools/test.ts [check|node|browser|e2e|studio|interop|chaos …]` runs a part. Long broadcasts (`studio`), what takes a second
 * browser (`interop`), and what takes minutes, root and network namespaces (`chaos`), run only when they are named.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { withoutFaceModel, withoutPortrait } from '../test/support/face-model.ts';
import { findChrome, findFfmpeg, findFfprobe, findFirefox, findIp, missing } from './find-program.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const root = path.resolve(import.meta.dirname, '..');
const sum = (one: Tally, other: Tally): Tally => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
});
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

/** What is told at the end: tests that failed, and by their reason those that were skipped. */
const failures: string[] = [];
const skips = new Map<string, string[]>();

function skip(name: string, reason: string): void {
  skips.set(reason, [...(skips.get(reason) ?? []), name]);
}

const nameOf = (file: string | undefined, name: string): string => `${path.relative(root, file ?? root)}: ${name}`;

/** Two at a time: none of them needs what another makes, and each has a core to itself on any machine. */
async function check(): Promise<Tally> {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  const waiting = [...CHECKS];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, ...args] = next;
      const started = performance.now();
      const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, error, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      const good = status === 0;
      console.log(`${good ? '✔' : '✖'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
      if (!good) {
        console.log(`${out}${error}`);
        failures.push(name);
      }
      tally[good ? 'passed' : 'failed']++;
    }
  };
  await Promise.all([work(), work()]);
  return tally;
}

/** Tests of whole pages are given them as they are built. */
async function built(): Promise<void> {
  const [status] = await once(spawn(process.execPath, ['tools/build.ts', '--if-stale'], { cwd: root, stdio: 'inherit' }), 'close');
  if (status !== 0) throw new Error('The build failed.');
}

async function nodeTests(pattern: string, concurrency: number): Promise<Tally> {
  const files = globSync(pattern, { cwd: root }).map((file) => path.join(root, file));
  const tally = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) throw new Error(`No test file matches ${pattern}.`);
  const stream = run({ files, concurrency, cwd: root, timeout: 600_000, signal: interrupted.signal });
  stream.on('test:fail', ({ file, name, details }) => {
    // A suite fails with its tests.
    if ((details.error as { failureType?: string }).failureType !== 'subtestsFailed') failures.push(nameOf(file, name));
  });
  stream.on('test:pass', ({ file, name, skip: reason }) => {
    if (reason !== undefined && reason !== false)
      skip(nameOf(file, name), reason === true || reason === '' ? 'no reason is given' : reason);
  });
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
    tests: { name: string; passed: boolean; skipped: boolean }[];
    suites: Suite[];
  }
  // Mocha takes no reason.
  const why = withoutFaceModel() || withoutPortrait() || 'this browser cannot do it';
  const add = (file: string, suite: Suite): void => {
    for (const test of suite.tests) {
      tally[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
      if (test.skipped) skip(nameOf(file, test.name), why);
      else if (!test.passed) failures.push(nameOf(file, test.name));
    }
    for (const inner of suite.suites) add(file, inner);
  };
  for (const session of runner.sessions.all()) {
    if (session.testResults !== undefined) add(session.testFile, session.testResults);
    // A file that cannot be imported has no results at all: that is a failure, and not nothing.
    if (session.passed || session.errors.length === 0) continue;
    tally.failed++;
    failures.push(nameOf(session.testFile, session.errors.map(({ message }) => message).join('; ')));
  }
  return tally;
}

/** Found, or installed, once and before several test files look for them at the same time. */
function findPrograms(): void {
  const lacking = [findChrome, findFfmpeg, findFfprobe].map(missing).filter((why) => why !== false);
  if (lacking.length === 0) return;
  console.error(lacking.join('\n'));
  process.exit(2);
}

/** What a part cannot do without is installed before it starts; what it can do without is skipped by its tests, which say so. */
async function rareTests(pattern: string, search: () => string): Promise<Tally> {
  missing(search);
  await built();
  return nodeTests(pattern, 1);
}

async function pageTests(pattern: string): Promise<Tally> {
  await built();
  return nodeTests(pattern, 1);
}

/** What holds a broadcast to its latency has the machine to itself. */
const TIMED = 'test/e2e/broadcast.test.ts';

async function endToEnd(): Promise<Tally> {
  const alone = await pageTests(TIMED);
  const others = await nodeTests('test/e2e/!(broadcast).test.ts', 2);
  return sum(alone, others);
}

const PARTS = {
  check: () => check(),
  node: () => nodeTests('test/{unit,server}/**/*.test.ts', 2),
  browser: () => browserTests(),
  e2e: () => endToEnd(),
  studio: () => pageTests('test/studio/**/*.test.ts'),
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
// Whoever calls it off leaves no browser behind: tests are told to end, and a moment is left to those that they have started.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort();
    setTimeout(() => process.exit(1), 3000);
  });
}
let total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const name of asked.length > 0 ? asked.filter(isPart) : USUAL) {
  console.log(`\n── ${name}`);
  const started = performance.now();
  total = sum(total, await PARTS[name]());
  console.log(`── ${name} took ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
for (const [reason, names] of skips) console.log(`\nSkipped (${reason}):\n${names.map((name) => `  ${name}`).join('\n')}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
