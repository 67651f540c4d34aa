/** `glasscast-server token`: a signed token on standard output. */
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { GrantsSchema } from '../../../src/protocol/index.ts';
import { signToken } from '../auth/sign-token.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Environment } from '../config/read.ts';
import { capabilities, duration } from '../config/values.ts';

const text = { type: 'string' } as const;
const FLAGS = { room: text, stream: text, can: text, sub: text, name: text, ttl: text } as const;

/** Throws {@link ConfigError} for flags that make no token. */
export async function tokenCommand(args: readonly string[], env: Environment): Promise<string> {
  const flags = readFlags(args);
  const secret = env['GLASSCAST_SECRET'] ?? '';
  if (secret === '') throw new ConfigError('GLASSCAST_SECRET is not set: give the secret that the server runs with.');
  if (flags.room === undefined && flags.stream === undefined)
    throw new ConfigError('--room or --stream is missing: say what the token is for, or * for all.');
  if (flags.can === undefined) throw new ConfigError('--can is missing: say what the token allows, such as join,publish.');
  const can = readValue('--can', flags.can, capabilities);
  const ttl = readValue('--ttl', flags.ttl ?? '2h', duration(1000, 365 * 86_400_000)) / 1000;
  const grant = {
    ...(flags.room === undefined ? {} : { room: flags.room }),
    ...(flags.stream === undefined ? {} : { stream: flags.stream }),
    can,
  };
  const grants = v.safeParse(GrantsSchema, [grant]);
  if (!grants.success) throw new ConfigError('--room and --stream take a name (1 to 63 of a-z, 0-9 and -, not starting with -) or *.');
  try {
    return await signToken(secret, {
      grants: grants.output,
      ttl,
      ...(flags.sub === undefined ? {} : { sub: flags.sub }),
      ...(flags.name === undefined ? {} : { name: flags.name }),
    });
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError(`GLASSCAST_SECRET: ${error.message}.`, { cause: error });
    throw error;
  }
}

function readFlags(args: readonly string[]): { [K in keyof typeof FLAGS]?: string } {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    const [reason = 'a flag was not understood'] = error instanceof Error ? error.message.split('. ') : [];
    throw new ConfigError(`${reason}. See glasscast-server token --help.`, { cause: error });
  }
}

function readValue<T>(flag: string, value: string, read: (text: string) => T): T {
  try {
    return read(value);
  } catch (error) {
    throw new ConfigError(`${flag} ${value}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}
