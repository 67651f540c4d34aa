/**
 * Turns `new URL('./x.worker.ts', import.meta.url)` into a bundled worker beside the chunks, and `x.worklet.ts` likewise. Each is a
 * rollup build of its own without further chunks, since a worker that is started through a blob trampoline loads exactly one module.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { rollup } from 'rollup';

const REFERENCE = /new URL\(\s*(['"])(\.{1,2}\/[\w./-]+\.(?:worker|worklet))\.ts\1\s*,\s*import\.meta\.url\s*\)/g;

/** @param {{ plugins: () => import('rollup').Plugin[] }} options the plugins that transpile the worker's sources */
export function workers({ plugins }) {
  const bundles = new Map();
  /** Several modules may start the same worker: it is emitted once. */
  const emitted = new Map();

  /** Bundles one worker, and the workers that it starts itself. */
  async function bundle(file) {
    const build = await rollup({ input: file, plugins: [workers({ plugins }), ...plugins()], onwarn: failOnWarning });
    try {
      // In the folder where it will lie, so that it finds the workers beside it.
      const { output } = await build.generate({ format: 'es', inlineDynamicImports: true, entryFileNames: 'chunks/[name].js' });
      return output;
    } finally {
      await build.close();
    }
  }

  return {
    name: 'workers',
    async transform(code, id) {
      if (!/\.(?:worker|worklet)/.test(code)) return null;
      const references = [...code.matchAll(REFERENCE)];
      if (references.length === 0) return null;
      let result = code;
      for (const [whole, , relative] of references) {
        const file = `${path.resolve(path.dirname(id), relative)}.ts`;
        this.addWatchFile(file);
        if (!bundles.has(file)) bundles.set(file, bundle(file));
        const [entry, ...inner] = await bundles.get(file);
        const emit = (name, source) => {
          if (!emitted.has(name)) emitted.set(name, this.emitFile({ type: 'asset', fileName: name, source }));
          return emitted.get(name);
        };
        for (const asset of inner) emit(asset.fileName, asset.source);
        const hash = createHash('sha256').update(entry.code).digest('base64url').slice(0, 8);
        const fileName = `chunks/${path.basename(relative)}-${hash}.js`;
        result = result.replace(whole, `new URL(import.meta.ROLLUP_FILE_URL_${emit(fileName, entry.code)})`);
      }
      return { code: result, map: null };
    },
  };
}

/** A build that warns is a build that nobody has understood. */
export function failOnWarning(warning) {
  if (warning.code === 'CIRCULAR_DEPENDENCY' && warning.ids?.every((id) => id.includes('node_modules'))) return;
  if (warning.code === 'THIS_IS_UNDEFINED' && warning.id?.includes('node_modules')) return;
  throw new Error(`${warning.code ?? 'warning'}: ${warning.message}`);
}
