/** The command line: which command, and how the process ends. */
import { ConfigError } from '../config/config-error.ts';
import { type Environment, readSettings } from '../config/read.ts';
import { VERSION } from '../version.ts';
import { checkCommand } from './check.ts';
import { checkHelp, modelsHelp, serverHelp, tokenHelp } from './help.ts';
import { modelsCommand } from './models.ts';
import { serve } from './serve.ts';
import { tokenCommand } from './token.ts';

export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const standard: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

const HELP = new Map<string | undefined, () => string>([
  ['check', checkHelp],
  ['models', modelsHelp],
  ['token', tokenHelp],
]);

/** Resolves with the exit code: 0, 1 for a failure, 2 for a setting that cannot be, 3 for an origin that `check` cannot reach. A server is served until a signal ends it. */
export async function run(args: readonly string[], env: Environment, output: Output = standard): Promise<number> {
  try {
    const [command, ...rest] = args;
    const helpWanted = args.includes('--help') || args.includes('-h');
    if (helpWanted) output.out((HELP.get(command) ?? serverHelp)());
    else if (args.includes('--version')) output.out(`${VERSION}\n`);
    else if (command === 'check') return await checkCommand(rest, output);
    else if (command === 'models') return await modelsCommand(rest, env, output);
    else if (command === 'token') output.out(`${await tokenCommand(rest, env)}\n`);
    else await serve(readSettings(args, env));
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) {
      output.error(`glasscast-server: ${error.message}\n`);
      return 2;
    }
    output.error(`glasscast-server: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}
