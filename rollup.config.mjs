/**
 * Three builds. For npm: one module an entry point, dependencies left to the consumer's bundler. For a script tag: `glasscast.js`
 * with the chunks that it loads on demand beside it. For the server: one file, with `src/protocol` bundled in.
 */
import { readFileSync } from 'node:fs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild, { minify as minifyChunks } from 'rollup-plugin-esbuild';
import { failOnWarning, workers } from './tools/worker-plugin.mjs';

const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const server = JSON.parse(readFileSync(new URL('./server-reference/package.json', import.meta.url), 'utf8'));

/** The SDK's entry points: what `package.json` exports, by path below `dist/npm`. */
export const ENTRIES = {
  index: 'src/index.ts',
  room: 'src/room.ts',
  'room-parts': 'src/room-parts.ts',
  lobby: 'src/lobby.ts',
  broadcaster: 'src/broadcaster.ts',
  'hls-viewer': 'src/hls-viewer.ts',
  frames: 'src/frames.ts',
  'face-contour': 'src/face-contour.ts',
  overlays: 'src/overlays.ts',
  'define/room': 'src/define/room.ts',
  'define/room-parts': 'src/define/room-parts.ts',
  'define/lobby': 'src/define/lobby.ts',
  'define/broadcaster': 'src/define/broadcaster.ts',
  'define/hls-viewer': 'src/define/hls-viewer.ts',
  'define/frames': 'src/define/rtc-frames.ts',
  'define/face-contour': 'src/define/face-contour.ts',
};

/** Transpiles the sources for browsers; `minify` for what is served as it is. */
export function browserPlugins({ minify }) {
  const transpile = () => [
    nodeResolve({ browser: true, exportConditions: ['production'] }),
    esbuild({ target: 'es2022', tsconfig: 'src/tsconfig.json', legalComments: 'none', charset: 'utf8' }),
    // Whole chunks: minified one by one, modules lose the marks by which what is unused is left out.
    ...(minify ? [minifyChunks({ target: 'es2022', legalComments: 'none', charset: 'utf8' })] : []),
  ];
  return [...(minify ? [shortStyles()] : []), workers({ plugins: () => transpile({ minify: true }) }), ...transpile()];
}

/** Style sheets without what only people read: comments, indentation, and space where none is needed. */
function shortStyles() {
  return {
    name: 'short-styles',
    transform(code, id) {
      if (!id.endsWith('.ts') || !code.includes('css`')) return null;
      return { code: code.replace(/\bcss`[^`]*`/g, shorten), map: null };
    },
  };
}

/** The lines stay as many as they were, so that source maps stay right. */
const shorten = (sheet) =>
  sheet
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replace(/;}/g, '}') + '\n'.repeat(sheet.split('\n').length - 1);

const external = (names) => (id) => names.some((name) => id === name || id.startsWith(`${name}/`)) || id.startsWith('node:');

export default [
  {
    input: ENTRIES,
    external: external(Object.keys(dependencies)),
    plugins: browserPlugins({ minify: false }),
    onwarn: failOnWarning,
    output: {
      dir: 'dist/npm',
      format: 'es',
      chunkFileNames: 'chunks/[name]-[hash].js',
      assetFileNames: 'chunks/[name]-[hash][extname]',
      hoistTransitiveImports: false,
      sourcemap: true,
    },
  },
  {
    input: { glasscast: 'src/cdn.ts' },
    plugins: browserPlugins({ minify: true }),
    onwarn: failOnWarning,
    output: {
      dir: 'dist',
      format: 'es',
      entryFileNames: '[name].js',
      // The entry holds nothing but an import: chunks loaded on demand must not import it, since `glasscast.js?v=2` would then run twice.
      // Beyond that, what is large has a hash in its name and can be cached for ever.
      manualChunks: {
        sdk: [
          'src/define/room.ts',
          'src/define/lobby.ts',
          'src/define/broadcaster.ts',
          'src/define/hls-viewer.ts',
          'src/define/faces.ts',
          'src/vision/overlay-registry.ts',
        ],
      },
      chunkFileNames: 'chunks/[name]-[hash].js',
      assetFileNames: 'chunks/[name]-[hash][extname]',
      hoistTransitiveImports: false,
      sourcemap: true,
    },
  },
  {
    input: {
      main: 'server-reference/src/main.ts',
      index: 'server-reference/src/index.ts',
      'detector.worker': 'server-reference/src/vision/detector.worker.ts',
    },
    external: external(Object.keys(server.dependencies)),
    plugins: [nodeResolve({ exportConditions: ['node'] }), esbuild({ target: 'node22', tsconfig: 'server-reference/tsconfig.json' })],
    onwarn: failOnWarning,
    output: { dir: 'server-reference/dist', format: 'es', chunkFileNames: 'chunks/[name]-[hash].js', sourcemap: true },
  },
];
