/** docs/server.md and `--help` speak of the settings that there are, and of no others. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { serverHelp } from '../../../server-reference/src/cli/help.ts';
import { OPTIONS } from '../../../server-reference/src/config/options.ts';

const docs = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8');
const rows = docs
  .split('\n')
  .filter((line) => /^\| (?:`--|\| `)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const names = (cell: string | undefined): string[] => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

const flags = OPTIONS.flatMap(({ flag }) => (flag === undefined ? [] : [`--${flag}`]));
const variables = OPTIONS.flatMap(({ env }) => env ?? []);
/** A flag that is on may be shown as it is turned off. */
const plain = (flag: string): string => (flags.includes(flag.replace('--no-', '--')) ? flag.replace('--no-', '--') : flag);

test('the table of settings has every flag and every variable once', () => {
  const shown = rows.flatMap(([, flag]) => names(flag));
  assert.deepEqual(shown.map(plain).sort(), [...flags, '--no-stun'].sort());
  assert.deepEqual(rows.flatMap(([, , variable]) => names(variable)).sort(), [...variables].sort());
});

test('the help has every flag and every variable', () => {
  const help = serverHelp();
  for (const flag of flags) assert.match(help, new RegExp(`^  ${flag}\\b`, 'm'));
  for (const variable of variables) assert.match(help, new RegExp(`(?:\\[|^  )${variable}\\b`, 'm'));
});
