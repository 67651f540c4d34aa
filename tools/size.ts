/**
 * Prints min+gz of every entry point against its budget and fails above one. Counted is what the browser loads at once: the
 * entry and all that it imports statically, dependencies included. What it loads on demand is listed apart.
 */
import { gzipSync } from 'node:zlib';
import { type OutputAsset, type OutputChunk, rollup } from 'rollup';

interface Build {
  ENTRIES: Record<string, string>;
  browserPlugins(options: { minify: boolean }): import('rollup').Plugin[];
}

/** kB of min+gz, 1000 bytes each. */
const BUDGETS: Record<string, number> = {
  'define/room': 40,
  'define/hls-viewer': 15,
  'define/broadcaster': 40,
  'define/frames': 15,
  'define/face-contour': 15,
  glasscast: 60,
};

const { ENTRIES, browserPlugins } = (await import(new URL('../rollup.config.mjs', import.meta.url).href)) as Build;

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const gzipped = (file: OutputAsset | OutputChunk): number => gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length;

async function measure(name: string, input: string): Promise<{ size: number; lazy: [string, number][] }> {
  const build = await rollup({ input: { [name]: input }, plugins: browserPlugins({ minify: true }) });
  try {
    const { output } = await build.generate({ format: 'es', hoistTransitiveImports: false });
    const chunks = new Map(output.filter((file) => file.type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
    const eager = new Set<string>();
    const follow = (file: string): void => {
      const chunk = chunks.get(file);
      if (chunk === undefined || eager.has(file)) return;
      eager.add(file);
      chunk.imports.forEach(follow);
    };
    for (const chunk of chunks.values()) if (chunk.isEntry) follow(chunk.fileName);
    const size = output.filter((file) => eager.has(file.fileName)).reduce((sum, file) => sum + gzipped(file), 0);
    const lazy = output.filter((file) => !eager.has(file.fileName)).map((file): [string, number] => [file.fileName, gzipped(file)]);
    return { size, lazy };
  } finally {
    await build.close();
  }
}

let over = 0;
for (const [name, input] of Object.entries({ ...ENTRIES, glasscast: 'src/cdn.ts' })) {
  const { size, lazy } = await measure(name, input);
  const budget = BUDGETS[name];
  const exceeded = budget !== undefined && size > budget * 1000;
  if (exceeded) over++;
  const verdict = budget === undefined ? '' : `of ${budget} kB  ${exceeded ? 'OVER BUDGET' : 'ok'}`;
  console.log(`${name.padEnd(20)} ${kilobytes(size).padStart(9)}  ${verdict}`);
  for (const [file, bytes] of lazy) console.log(`${' '.repeat(20)}   + ${kilobytes(bytes)} on demand: ${file}`);
}
if (over > 0) {
  console.error(`${over} entry ${over === 1 ? 'point is' : 'points are'} over budget.`);
  process.exitCode = 1;
}
