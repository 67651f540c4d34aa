/** An origin that holds the overlays as they are in the sources, what detection runs on, a portrait, and the peer's library. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, rollup } from 'rollup';

const { browserPlugins } = (await import(new URL('../../rollup.config.mjs', import.meta.url).href)) as {
  browserPlugins(options: { readonly minify: boolean }): Plugin[];
};

export const OVERLAID_TRACK = '/overlaid-track.js';
export const OVERLAY_REGISTRY = '/overlay-registry.js';
export const VISION_LIBRARY = '/vision/vision_bundle.mjs';
export const VISION_WASM = '/vision/wasm';
export const MODEL = '/model.task';
export const PORTRAIT = '/portrait.png';

const root = path.resolve(import.meta.dirname, '../..');
const vision = path.dirname(fileURLToPath(import.meta.resolve('@mediapipe/tasks-vision')));

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

/** The bundled overlays and their workers, by path. */
async function bundle(): Promise<Map<string, string | Uint8Array>> {
  const build = await rollup({
    input: {
      'overlaid-track': path.join(root, 'src/capture/overlay/overlaid-track.ts'),
      'overlay-registry': path.join(root, 'src/vision/overlay-registry.ts'),
    },
    plugins: browserPlugins({ minify: true }),
  });
  const { output } = await build.generate({ format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' });
  await build.close();
  return new Map(output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]));
}

export interface OverlaySite {
  readonly url: string;
  close(): Promise<void>;
}

export async function startOverlaySite(
  files: { readonly model?: string | undefined; readonly portrait?: string | undefined } = {},
): Promise<OverlaySite> {
  const built = await bundle();
  const fileOf = (pathname: string): string | null => {
    if (pathname === MODEL) return files.model ?? null;
    if (pathname === PORTRAIT) return files.portrait ?? null;
    return /^\/vision\/(wasm\/)?[\w.]+$/.test(pathname) ? path.join(vision, pathname.slice('/vision/'.length)) : null;
  };
  const http = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const file = fileOf(pathname);
    const content = built.get(pathname) ?? (file === null ? undefined : await readFile(file).catch(() => undefined));
    if (pathname !== '/' && content === undefined) {
      response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    const type = pathname === '/' ? 'text/html; charset=utf-8' : (TYPES[path.extname(pathname)] ?? 'application/octet-stream');
    response.writeHead(200, { 'content-type': type });
    response.end(content ?? '<!doctype html><html lang="en"><title>Faces</title><body></body></html>');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
