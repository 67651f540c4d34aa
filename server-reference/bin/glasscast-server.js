#!/usr/bin/env node
import { existsSync } from 'node:fs';

const OLDEST = [22, 13];
const built = new URL('../dist/main.js', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** One line, before anything is imported that an old Node does not have. */
function refuse(why) {
  process.stderr.write(`glasscast-server: ${why}\n`);
  process.exitCode = 1;
}

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  refuse(`needs Node ${OLDEST.join('.')} or newer, and this is ${process.versions.node}. In the repository, "npm start" brings its own.`);
} else if (!existsSync(built)) {
  refuse('has not been built yet. Run "npm run build" in the repository first.');
} else {
  await import(built.href);
}
