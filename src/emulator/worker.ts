/**
 * The worker that holds the machine in a browser. This entry is small on purpose: it begins to fetch what the
 * machine needs before the browser has parsed the engine and the command line.
 */
import type { Platform } from './platform.ts';
import { fetchedAssets, prefetching } from './ports/asset-files.ts';
import { keptBlobs } from './ports/kept-blobs.ts';
import type { WorkerEdge } from './worker-edge.ts';

declare const self: DedicatedWorkerGlobalScope;

let edge: WorkerEdge | undefined;
/** What came before the rest of the code did. */
const early: unknown[] = [];
let platform: Omit<Platform, 'sessions'> | undefined;

self.onmessage = ({ data }: MessageEvent<unknown>) => {
  const { call } = (data ?? {}) as { call?: { name?: string; baseUrl?: string } };
  if (call?.name === 'start' && typeof call.baseUrl === 'string') platform ??= begin(call.baseUrl);
  if (edge) edge.handle(data);
  else early.push(data);
};

/** Fetching and compiling start here. */
function begin(baseUrl: string): Omit<Platform, 'sessions'> {
  const files = prefetching(keptBlobs(fetchedAssets(baseUrl), baseUrl), ['machine/manifest.json', 'state/current.json']);
  const fetchCode = (): Promise<Response> => fetch(new URL('v86/v86.wasm', baseUrl));
  // Some servers do not know wasm's media type, without which it is not compiled as it arrives.
  const compiled = WebAssembly.compileStreaming(fetchCode()).catch(async () =>
    WebAssembly.compile(await (await fetchCode()).arrayBuffer()),
  );
  compiled.catch(() => {});
  return { files, instantiate: async (imports) => (await WebAssembly.instantiate(await compiled, imports)).exports };
}

async function load(): Promise<void> {
  const [{ WorkerEdge }, { IndexedDbSessions }] = await Promise.all([import('./worker-edge.ts'), import('./indexed-db-sessions.ts')]);
  const made = new WorkerEdge(
    (message, transfer = []) => self.postMessage(message, transfer),
    (baseUrl) => ({ ...(platform ??= begin(baseUrl)), sessions: new IndexedDbSessions() }),
  );
  self.onerror = (event) => made.crash(event instanceof ErrorEvent ? (event.error ?? event.message) : event);
  self.onunhandledrejection = (event: PromiseRejectionEvent) => made.crash(event.reason);
  for (const data of early) made.handle(data);
  edge = made;
}

load().catch((error: unknown) => {
  const detail = error instanceof Error ? (error.stack ?? '') : '';
  self.postMessage({ kind: 'crash', message: 'The machine’s code could not be loaded.', detail });
});
