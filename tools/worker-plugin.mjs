/**
 * Turns `new URL('./x.worker.ts', import.meta.url)` into a bundled worker beside the chunks. Each worker is a rollup build of
 * its own without further chunks, since a worker that is started through a blob trampoline loads exactly one module.
 */
import path from 'node:path';
import { rollup } from 'rollup';

const REFERENCE = /new URL\(\s*(['"])(\.{1,2}\/[\w./-]+\.worker)\.ts\1\s*,\s*import\.meta\.url\s*\)/g;

/** @param {{ plugins: () => import('rollup').Plugin[] }} options the plugins that transpile the worker's sources */
export function workers({ plugins }) {
  const bundles = new Map();

  /** Bundles one worker, and the workers that it starts itself. */
  async function bundle(file) {
    const build = await rollup({ input: file, plugins: [workers({ plugins }), ...plugins()], onwarn: failOnWarning });
    try {
      const { output } = await build.generate({
        format: 'es',
        inlineDynamicImports: true,
        sourcemap: false,
        assetFileNames: '[name]-[hash][extname]',
      });
      return output;
    } finally {
      await build.close();
    }
  }

  return {
    name: 'workers',
    async transform(code, id) {
      if (!code.includes('.worker')) return null;
      const references = [...code.matchAll(REFERENCE)];
      if (references.length === 0) return null;
      let result = code;
      for (const [whole, , relative] of references) {
        const file = `${path.resolve(path.dirname(id), relative)}.ts`;
        this.addWatchFile(file);
        if (!bundles.has(file)) bundles.set(file, bundle(file));
        const [entry, ...inner] = await bundles.get(file);
        for (const asset of inner) this.emitFile({ type: 'asset', fileName: `chunks/${asset.fileName}`, source: asset.source });
        const reference = this.emitFile({ type: 'asset', name: `${path.basename(relative)}.js`, source: entry.code });
        result = result.replace(whole, `new URL(import.meta.ROLLUP_FILE_URL_${reference})`);
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
