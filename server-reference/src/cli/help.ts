import { OPTIONS, type Option } from '../config/options.ts';
import { FACE_LANDMARKER } from '../models/published-model.ts';
import { VERSION } from '../version.ts';

const COLUMN = 34;
const WIDTH = 100;

/** Left column, then the help text folded beside it. */
function row(left: string, help: string): string {
  const lines: string[] = [''];
  for (const word of help.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length + 1 > WIDTH - COLUMN) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  const head = left.length + 2 < COLUMN ? left.padEnd(COLUMN - 2) : `${left}\n${' '.repeat(COLUMN)}`;
  return `  ${head}${lines.join(`\n${' '.repeat(COLUMN)}`)}`;
}

const flagRow = ({ flag, env, value, help }: Option): string =>
  row(`--${flag}${value === undefined ? '' : ` ${value}`}`, env === undefined ? help : `${help} [${env}]`);

export function serverHelp(): string {
  const flags = OPTIONS.filter(({ flag }) => flag !== undefined);
  const secrets = OPTIONS.filter(({ flag }) => flag === undefined);
  return `glasscast-server ${VERSION}: signaling, live HLS, STUN and the SDK from one process

Usage
  glasscast-server [flags]
  glasscast-server token --room NAME --can join,publish [--name NAME] [--ttl 2h]
  glasscast-server check URL [URL] [--seconds 60] [--json]
  glasscast-server models [--data DIR] [--from URL|FILE]

Flags (they win over the environment variable in brackets, which wins over the default in parentheses)
${flags.map(flagRow).join('\n')}
${row('--no-stun', 'no STUN responder')}
${row('--help, --version', 'print and end')}

Environment only, since flags show in process lists
${secrets.map(({ env, help }) => row(env ?? '', help)).join('\n')}

Without a secret the server runs in development mode: everything is public, on this machine alone.
`;
}

export function tokenHelp(): string {
  return `glasscast-server token: prints a token signed with GLASSCAST_SECRET

${row('--room NAME', 'the room it is for, or * for all')}
${row('--stream NAME', 'the stream it is for, or * for all; may stand beside --room')}
${row('--can LIST', 'join, publish, watch, moderate, create, frames, operate')}
${row('--sub ID', 'who it is for: keeps a resumed call and a taken-over stream to its owner')}
${row('--name NAME', 'what others see')}
${row('--ttl TIME', 'how long it is good for (2h)')}
`;
}

export function modelsHelp(): string {
  return `glasscast-server models: fetches the model that pages find faces with, once, and checks its hash

Usage
  glasscast-server models [--data DIR] [--from URL|FILE]

${row('--data DIR', 'the data directory of the server (./glasscast-data) [GLASSCAST_DATA]')}
${row('--from URL|FILE', `where to take it from (${FACE_LANDMARKER.url})`)}

It becomes models/face_landmarker.task in the data directory. HTTPS_PROXY and NO_PROXY are kept to.
Exit code: 0 it is there, 1 it could not be had, 2 usage.
`;
}

export function checkHelp(): string {
  return `glasscast-server check: plays a live HLS or DASH origin and reports which rules it keeps

Usage
  glasscast-server check URL [URL]     a playlist, an MPD, or one of each for the same stream

${row('--seconds N', 'how long to watch (60)')}
${row('--token TOKEN', 'goes into the query of the address as token=')}
${row('--origin URL', 'the page that asks, for CORS')}
${row('--insecure', 'take self-signed certificates')}
${row('--json', 'a report for programs')}

Exit code: 0 no MUST is broken, 1 one is, 2 usage, 3 the origin cannot be reached.
`;
}
