/** `glasscast-server models`: fetches the model that faces are found with, once, so that no page asks a third party for it. */
import http from 'node:http';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bytes } from '../../../src/protocol/index.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Environment } from '../config/read.ts';
import { fetchedModel } from '../models/face-model.ts';
import { FetchModelError, fetchModel, isAddress, isFetched } from '../models/fetch-model.ts';
import { FACE_LANDMARKER, type PublishedModel } from '../models/published-model.ts';
import type { Output } from './run.ts';

const text = { type: 'string' } as const;
const FLAGS = { data: text, from: text } as const;
type Flags = { [K in keyof typeof FLAGS]?: string };

const FAILED = 1;

/** Resolves with the exit code: 0 where the model is there, 1 where it could not be had. Throws {@link ConfigError} for flags that cannot be. */
export async function modelsCommand(
  args: readonly string[],
  env: Environment,
  output: Output,
  model: PublishedModel = FACE_LANDMARKER,
): Promise<number> {
  const { data, from } = readFlags(args, env);
  const to = fetchedModel(resolve(data));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  let direct = (): void => undefined;
  try {
    if (await isFetched(to, model)) output.out(`The ${model.name} is there already: ${to}\n`);
    else {
      direct = throughProxy(env);
      const source = from ?? model.url;
      output.error(`Fetching the ${model.name} (${megabytes(model.size)}) from ${source} …\n`);
      const progress = quarters(model.size, (percent) => output.error(`  ${percent} %\n`));
      await fetchModel({ model, from: isAddress(source) ? source : resolve(source), to, signal: interrupted.signal, progress });
      output.out(`The ${model.name} is at ${to}, and its hash is right. Servers that run there serve it from now on.\n`);
    }
    if ((env['GLASSCAST_FACE_MODEL'] ?? '') !== '')
      output.error('GLASSCAST_FACE_MODEL names another file, and that is the one that is served.\n');
    return 0;
  } catch (error) {
    if (!(error instanceof FetchModelError)) throw error;
    output.error(`glasscast-server models: ${error.message}.\n`);
    if (error.unreachable) output.error(byHand(model, to, env));
    return FAILED;
  } finally {
    direct();
    process.removeListener('SIGINT', interrupt);
  }
}

function readFlags(args: readonly string[], env: Environment): { data: string; from: string | undefined } {
  let flags: Flags;
  try {
    flags = parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    const [reason = 'a flag was not understood'] = error instanceof Error ? error.message.split('. ') : [];
    throw new ConfigError(`${reason}. See glasscast-server models --help.`, { cause: error });
  }
  if (flags.from?.trim() === '') throw new ConfigError('--from: give an http or https address, or a file.');
  const named = flags.data ?? env['GLASSCAST_DATA'] ?? '';
  return { data: named === '' ? 'glasscast-data' : named, from: flags.from };
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'];

const proxyOf = (env: Environment): Record<string, string> =>
  Object.fromEntries(PROXY_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));

/** Goes through the proxy that the environment names, where this Node can; the answer goes directly again. */
function throughProxy(env: Environment): () => void {
  const proxy = proxyOf(env);
  if (Object.keys(proxy).length === 0 || http.setGlobalProxyFromEnv === undefined) return () => undefined;
  try {
    return http.setGlobalProxyFromEnv(proxy);
  } catch (error) {
    throw new ConfigError(`${Object.keys(proxy).join(', ')}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}

const megabytes = (size: Bytes): string => `${(size / 1e6).toFixed(1)} MB`;

/** Calls back at 25, 50 and 75 percent. */
function quarters(size: Bytes, reached: (percent: number) => void): (received: Bytes) => void {
  let told = 0;
  return (received) => {
    const quarter = Math.floor((received / size) * 4);
    if (quarter > told && quarter < 4) reached(quarter * 25);
    told = quarter;
  };
}

function byHand(model: PublishedModel, to: string, env: Environment): string {
  const lines = [
    `By hand: fetch ${model.url} where there is a way to it, then`,
    `  glasscast-server models --from FILE      takes it from there, or from a mirror's address`,
    `or put it at ${to}, or start the server with --face-model FILE.`,
    `It has ${model.size} bytes, and its SHA-256 is ${model.sha256}.`,
  ];
  if (Object.keys(proxyOf(env)).length > 0 && http.setGlobalProxyFromEnv === undefined)
    lines.push('A proxy is named in the environment, and this version of Node cannot use it here; NODE_USE_ENV_PROXY=1 may help.');
  return `${lines.join('\n')}\n`;
}
