/** Where the SDK and the demo lie: inside the published package, at the root of the repository otherwise. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
