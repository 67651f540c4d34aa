/** Where the SDK, the demo and the thread of a detector lie: inside the published package, at the root of the repository otherwise. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of this package, from wherever in it this code runs: the sources, or a chunk of the bundle. */
function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory) directory = dirname(directory);
  return directory;
}

function first(published: string, inRepository: string): string {
  const path = join(packageDirectory(), published);
  return existsSync(path) ? path : join(packageDirectory(), inRepository);
}

export const sdkDirectory = (): string => first('dist/sdk', '../dist');
export const demoDirectory = (): string => first('dist/demo', '../demo');

/** The module of a detector's thread: bundled beside the server's, or a source as this is. */
export const detectorWorker = (): URL =>
  pathToFileURL(join(packageDirectory(), import.meta.url.endsWith('.ts') ? 'src/vision/detector.worker.ts' : 'dist/detector.worker.js'));
