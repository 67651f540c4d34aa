/**
 * The server's log: JSON lines for machines, one readable line an event on a terminal.
 */
import { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LEVEL_NAMES: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };
const HIDDEN = new Set(['level', 'time', 'msg', 'err']);

/** One line of JSON from pino as a line for people. */
export function readableLine(json: string): string {
  const entry = JSON.parse(json) as Record<string, unknown>;
  const time = typeof entry['time'] === 'number' ? new Date(entry['time']).toTimeString().slice(0, 8) : '';
  const level = LEVEL_NAMES[Number(entry['level'])] ?? '';
  const fields = Object.entries(entry)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const error = entry['err'];
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? `\n${String(error.stack)}` : '';
  return `${[time, level.padEnd(5), String(entry['msg'] ?? ''), ...fields].join(' ').trimEnd()}${stack}\n`;
}

/** A pino destination that writes {@link readableLine}s. */
export function readableStream(output: NodeJS.WritableStream): DestinationStream {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      output.write(readableLine(line));
      done();
    },
  });
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go; a terminal gets readable ones. */
  readonly output?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function createLog({ level, output = process.stdout }: LogOptions): Log {
  const options = { level, base: null };
  return output.isTTY === true ? pino(options, readableStream(output)) : pino(options, output);
}
