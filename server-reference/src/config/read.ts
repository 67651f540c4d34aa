import { parseArgs } from 'node:util';
import type { Settings } from './config.ts';
import { ConfigError } from './config-error.ts';
import { OPTIONS, type Option } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags win over the environment; what neither says is left out. Throws {@link ConfigError}. */
export function readSettings(args: readonly string[], env: Environment): Settings {
  const flags = readFlags(args);
  const settings: Record<string, unknown> = {};
  for (const option of OPTIONS) {
    const found = given(option, flags, env);
    if (found !== undefined) settings[option.key] = readOne(option, found.name, found.text);
  }
  if (flags['stun'] === false) {
    if (flags['stun-port'] !== undefined) throw new ConfigError('--stun-port and --no-stun contradict each other: give one of them.');
    settings['stunPort'] = null;
  }
  return settings as Settings;
}

function given(option: Option, flags: Flags, env: Environment): { name: string; text: string } | undefined {
  const flag = option.flag === undefined ? undefined : flags[option.flag];
  if (flag !== undefined) return { name: `--${option.flag}`, text: String(flag) };
  if (option.env === undefined) return undefined;
  const text = env[option.env];
  // An empty variable is how shells and compose files say "not set".
  return text === undefined || text === '' ? undefined : { name: option.env, text };
}

function readOne(option: Option, name: string, text: string): unknown {
  try {
    return option.read(text);
  } catch (error) {
    // Secrets have no flag, and may stand before the host of a URL; what a person typed there is not repeated.
    const shown = option.flag === undefined ? name : `${name} ${text.replace(/\/\/[^/]*@/, '//…@')}`;
    throw new ConfigError(`${shown}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}

type Flags = Readonly<Record<string, string | boolean | undefined>>;

function readFlags(args: readonly string[]): Flags {
  const options = Object.fromEntries(
    OPTIONS.filter((option) => option.flag !== undefined).map((option) => [
      option.flag,
      { type: option.value === undefined ? 'boolean' : 'string' } as const,
    ]),
  );
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { ...options, stun: { type: 'boolean' } },
      allowNegative: true,
      strict: true,
    });
    return values as Flags;
  } catch (error) {
    const [reason = 'a flag was not understood'] = error instanceof Error ? error.message.split('. ') : [];
    throw new ConfigError(`${reason}. See glasscast-server --help.`, { cause: error });
  }
}
