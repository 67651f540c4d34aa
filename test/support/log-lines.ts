/** A log whose lines a test reads. */
import { Writable } from 'node:stream';
import { createLog, type Log, type LogLevel } from '../../server-reference/src/telemetry/log.ts';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export function readLog(level: LogLevel = 'warn'): { readonly log: Log; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const output = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(JSON.parse(line) as LogLine);
      done();
    },
  });
  return { log: createLog({ level, output }), lines };
}
