/** The worker that holds the machine in a browser: its platform, and the edge to the page. */
import { IndexedDbSessions } from './indexed-db-sessions.ts';
import type { Platform } from './platform.ts';
import { fetchedAssets } from './ports/asset-files.ts';
import { WorkerEdge } from './worker-edge.ts';

declare const self: DedicatedWorkerGlobalScope;

function platformAt(baseUrl: string): Platform {
  // Begun at once: it is compiled while the state is still arriving.
  const compiled = WebAssembly.compileStreaming(fetch(new URL('v86/v86.wasm', baseUrl)));
  compiled.catch(() => {});
  return {
    files: fetchedAssets(baseUrl),
    sessions: new IndexedDbSessions(),
    instantiate: async (imports) => (await WebAssembly.instantiate(await compiled, imports)).exports,
  };
}

const edge = new WorkerEdge((message, transfer = []) => self.postMessage(message, transfer), platformAt);
self.onmessage = (event: MessageEvent<unknown>) => edge.handle(event.data);
self.onerror = (event) => edge.crash(event instanceof ErrorEvent ? (event.error ?? event.message) : event);
self.onunhandledrejection = (event: PromiseRejectionEvent) => edge.crash(event.reason);
