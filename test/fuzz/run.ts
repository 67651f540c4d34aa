/**
 * The fuzzer by hand:
 *
 *     node test/fuzz/run.ts --inputs 1000000 --seed 1
 *     node test/fuzz/run.ts --inputs 1 --seed 4711      the one input that a report names
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { fuzzTargets } from './targets.ts';

const { values } = parseArgs({ options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } } });
const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const report = await fuzz(fuzzTargets(), {
  inputs: Number(values.inputs),
  seed: Number(values.seed),
  progress: (inputs, crashes) => console.log(`${inputs} inputs, ${crashes} crashes`),
});
const { inputs, duration, crashes, memory } = report;
for (const { target, seed, error } of crashes) console.log(`${target}, --seed ${seed}: ${error}`);
console.log(
  `${inputs} inputs in ${duration.toFixed(1)} s, ${Math.round(inputs / duration)} a second; ${crashes.length} crashes; ` +
    `memory ${mebibytes(memory.early)} after a tenth, ${mebibytes(memory.late)} at the end`,
);
process.exitCode = crashes.length === 0 ? 0 : 1;
