/**
 * The files that the page fetches beside its own code, under the same paths in development, preview and
 * the built app: `machine/` (what a cold boot needs), `state/` (the saved state, made by the build),
 * `hub/` (the shipped registry), `advisories/` (what a scan goes by), `mirror/` (packages) and `v86/v86.wasm`.
 */
import { cp, mkdir, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize, resolve } from 'node:path';
import type { Plugin } from 'vite';

const root = resolve(import.meta.dirname, '..');

/** URL folder → folder on disk. */
export const assetFolders: Record<string, string> = {
  machine: join(root, 'images/dist/machine'),
  state: join(root, '.cache/state'),
  hub: join(root, 'images/dist/hub'),
  advisories: join(root, 'images/dist/advisories'),
  mirror: join(root, 'images/dist/mirror'),
  v86: join(root, 'node_modules/v86/build'),
};

/** Files of a folder that are published; all when absent. */
const published: Record<string, (file: string) => boolean> = {
  v86: (file) => file.endsWith('v86.wasm'),
};

export function machineAssets(): Plugin {
  return {
    name: 'drydock-machine-assets',
    configureServer(server) {
      server.middlewares.use(serveAssets);
    },
    configurePreviewServer(server) {
      server.middlewares.use(serveAssets);
    },
    async writeBundle(options) {
      const out = options.dir;
      if (!out || this.environment?.config.consumer === 'server') return;
      for (const [name, from] of Object.entries(assetFolders)) {
        if (!(await exists(from))) continue;
        await mkdir(join(out, name), { recursive: true });
        await cp(from, join(out, name), {
          recursive: true,
          filter: async (source) => (await stat(source)).isDirectory() || (published[name]?.(source) ?? true),
        });
      }
    },
  };
}

async function serveAssets(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  const [, folder = '', ...rest] = path.split('/');
  const base = assetFolders[folder];
  const file = base && join(base, normalize(rest.join('/')));
  if (!base || !file?.startsWith(base) || !(published[folder]?.(file) ?? true)) return next();
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    response.statusCode = 404;
    response.end();
    return;
  }
  response.setHeader('Content-Length', found.size);
  response.setHeader(
    'Content-Type',
    file.endsWith('.wasm') ? 'application/wasm' : file.endsWith('.json') ? 'application/json' : 'application/octet-stream',
  );
  response.setHeader('Cache-Control', folder === 'state' && file.endsWith('.json') ? 'no-cache' : 'max-age=3600');
  createReadStream(file).pipe(response);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
