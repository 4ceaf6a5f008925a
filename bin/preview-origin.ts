/**
 * The origins on which what containers serve is shown: files of ours that live there, servers for them beside the
 * app's own under `npm start` and `npm run dev`, and the lines in index.html that name them. When the app is deployed,
 * DRYDOCK_PREVIEW_ORIGINS and DRYDOCK_APP_ORIGIN say where they are; dist-preview/ is what those hosts serve.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { root } from './root.ts';

const scripts = { '__drydock.js': 'src/preview/shell.ts', '__drydock-worker.js': 'src/preview/worker/service-worker.ts' };
const pageFile = '__drydock.html';
const configFile = '__drydock.json';
/** On the app's own origin, for where there is no second one. */
const limitedFile = 'limited.html';
const types: Record<string, string> = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', json: 'application/json' };

/** As many ports can be shown at once, in all tabs together. */
const originCount = 6;

type Files = Map<string, string>;

export function previewOrigin(): Plugin {
  /** Separated by spaces; `:8601` is another port of the host. */
  let origins = '';
  let outDir = 'dist';
  return {
    name: 'drydock-preview-origin',
    configResolved(config) {
      outDir = join(root, config.build.outDir);
      if (config.command === 'build') origins = process.env['DRYDOCK_PREVIEW_ORIGINS'] ?? '';
    },
    async configureServer(server) {
      if (!server.httpServer) return;
      origins = await serve(server.config.server.port, server.httpServer as Server, previewFiles);
      server.middlewares.use((request, response, next) => {
        if (request.url !== `/${limitedFile}`) return next();
        limitedPage().then((html) => send(response, 200, 'html', html), next);
      });
    },
    async configurePreviewServer(server) {
      const written = async (): Promise<Files> => {
        const names = [...Object.keys(scripts), pageFile];
        return new Map(
          await Promise.all(names.map(async (name) => [name, await readFile(join(`${outDir}-preview`, name), 'utf8')] as const)),
        );
      };
      origins = await serve(server.config.preview.port, server.httpServer as Server, written);
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        if (pathname !== '/' && pathname !== '/index.html') return next();
        readFile(join(outDir, 'index.html'), 'utf8').then((html) => send(response, 200, 'html', withOrigins(html, origins)), next);
      });
    },
    transformIndexHtml: (html) => withOrigins(html, origins),
    async generateBundle() {
      if (this.environment.config.consumer !== 'server')
        this.emitFile({ type: 'asset', fileName: limitedFile, source: await limitedPage() });
    },
    async writeBundle(options) {
      if (!options.dir || this.environment.config.consumer === 'server') return;
      const folder = `${options.dir}-preview`;
      await mkdir(folder, { recursive: true });
      for (const [name, text] of await previewFiles()) await writeFile(join(folder, name), text);
      const apps = (process.env['DRYDOCK_APP_ORIGIN'] ?? '').split(' ').filter(Boolean);
      await writeFile(join(folder, configFile), `${JSON.stringify({ apps })}\n`);
    },
  };
}

/** The page says where the origins are, and its policy allows them in frames. */
function withOrigins(html: string, origins: string): string {
  const allowed = origins.split(' ').flatMap((origin) => {
    if (/^:\d+$/.test(origin)) return [`http://127.0.0.1${origin}`, `http://localhost${origin}`];
    if (/^https?:\/\/[a-z0-9.-]+(:\d+)?$/i.test(origin)) return [origin];
    if (origin === '') return [];
    throw new Error(`DRYDOCK_PREVIEW_ORIGINS: ${origin} is no origin`);
  });
  return html
    .replace(/(<meta\s+name="drydock-preview"\s+content=")[^"]*"/, (_, before: string) => `${before}${origins}"`)
    .replace(/frame-src [^;"]*/, ['frame-src', "'self'", ...allowed].join(' '));
}

async function previewFiles(): Promise<Files> {
  const files: Files = new Map([[pageFile, await readFile(join(root, 'src/preview/shell.html'), 'utf8')]]);
  for (const [name, entry] of Object.entries(scripts)) files.set(name, await bundle(entry));
  return files;
}

/** Its script stands in it: nothing can be fetched from an opaque origin. */
async function limitedPage(): Promise<string> {
  const [html, script] = await Promise.all([readFile(join(root, 'src/preview/limited.html'), 'utf8'), bundle('src/preview/limited.ts')]);
  return html.replace('</head>', () => `<script>${script.replaceAll('</script', '<\\/script')}</script></head>`);
}

/** One script with all that it needs. */
async function bundle(entry: string): Promise<string> {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: { write: false, target: 'es2023', rollupOptions: { input: join(root, entry), output: { format: 'iife' } } },
  });
  const output = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
  const chunk = output.find((one) => one.type === 'chunk');
  if (!chunk) throw new Error(`${entry} gave no script`);
  return chunk.code;
}

/** Serves the other origins on the ports after the app's, or on any that are free. Resolves with them. */
async function serve(appPort: number | undefined, app: Server, load: () => Promise<Files>): Promise<string> {
  let files: Promise<Files> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const name = pathname.slice(1);
    if (name === configFile) {
      const { port } = app.address() as AddressInfo;
      return send(response, 200, 'json', JSON.stringify({ apps: [`http://127.0.0.1:${port}`, `http://localhost:${port}`] }));
    }
    if (name === pageFile) files = undefined;
    const text = (await (files ??= load())).get(name);
    if (text === undefined) return send(response, 404, 'html', 'This is where Drydock shows what containers serve. Open it from there.\n');
    send(response, 200, name.slice(name.lastIndexOf('.') + 1), text);
  };
  const servers = await Promise.all(
    Array.from({ length: originCount }, (_, index) =>
      listen(appPort ? appPort + 1 + index : 0, (request, response) => {
        answer(request, response).catch((error: unknown) => send(response, 500, 'html', String(error)));
      }),
    ),
  );
  app.on('close', () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  return servers.map((server) => `:${(server.address() as AddressInfo).port}`).join(' ');
}

async function listen(port: number, answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  const on = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen(wanted, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await on(port).catch(() => on(0));
  return server.unref();
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'Content-Type': types[type] ?? 'text/plain',
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    // Apart from the app even where browsers put what is of one site into one process.
    'Origin-Agent-Cluster': '?1',
  });
  response.end(text);
}
