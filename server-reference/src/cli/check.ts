/** `glasscast-server check`: plays a live origin for a while and reports which rules it keeps. */
import { parseArgs } from 'node:util';
import { judge, reportJson, reportText } from '../check/report.ts';
import { runCheck } from '../check/run-check.ts';
import { systemClock } from '../clock.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Output } from './run.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const FLAGS = { seconds: text, token: text, origin: text, json: flag, insecure: flag } as const;

/** A check keeps every playlist that it has seen: some hundred kilobytes a second. */
const LONGEST = 600;

/** Exit codes beside 2, which is usage. */
const CONFORMANT = 0;
const BROKEN = 1;
const UNREACHED = 3;

/**
 * Resolves with the exit code: 0 where no MUST is broken, 1 where one is, 3 where the origin cannot be reached. Throws
 * {@link ConfigError} for flags that cannot be.
 */
export async function checkCommand(args: readonly string[], output: Output): Promise<number> {
  const { addresses, flags } = readFlags(args);
  const seconds = Number(flags.seconds ?? 60);
  if (!(seconds >= 1 && seconds <= LONGEST)) throw new ConfigError(`--seconds ${flags.seconds}: give a number from 1 to ${LONGEST}.`);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  // The timers of a check do not keep the process alive, and between two requests nothing else does.
  const alive = setInterval(() => undefined, LONGEST * 1000);
  try {
    const { token = null, origin = null, insecure = false, json = false } = flags;
    if (!json) output.error(`Watching for ${seconds} s …\n`);
    const outcome = await runCheck({ addresses, seconds, token, origin, insecure, clock: systemClock, signal: interrupted.signal });
    if (!outcome.ok) {
      output.error(`glasscast-server check: ${outcome.reason}.\n`);
      return UNREACHED;
    }
    const report = judge(outcome.log);
    output.out((json ? reportJson : reportText)(report, outcome.log, addresses));
    return report.conformant ? CONFORMANT : BROKEN;
  } finally {
    clearInterval(alive);
    process.removeListener('SIGINT', interrupt);
  }
}

function readFlags(args: readonly string[]) {
  const { positionals: addresses, values: flags } = parse(args);
  if (addresses.length === 0 || addresses.length > 2) {
    throw new ConfigError('give the address of a playlist or an MPD, or of both. See glasscast-server check --help.');
  }
  for (const address of addresses) {
    if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
      throw new ConfigError(`${address} is no http or https address.`);
  }
  return { addresses, flags };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: true });
  } catch (error) {
    const [reason = 'a flag was not understood'] = error instanceof Error ? error.message.split('. ') : [];
    throw new ConfigError(`${reason}. See glasscast-server check --help.`, { cause: error });
  }
}
