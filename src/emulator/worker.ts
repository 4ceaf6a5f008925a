/** The worker that holds the machine in a browser: its platform, and the edge to the page. */
import { IndexedDbSessions } from './indexed-db-sessions.ts';
import type { Platform } from './platform.ts';
import { fetchedAssets } from './ports/asset-files.ts';
import { WorkerEdge } from './worker-edge.ts';

declare const self: DedicatedWorkerGlobalScope;

function platformAt(baseUrl: string): Platform {
  return {
    files: fetchedAssets(baseUrl),
    sessions: new IndexedDbSessions(),
    async instantiate(imports) {
      const response = fetch(new URL('v86/v86.wasm', baseUrl));
      const { instance } = await WebAssembly.instantiateStreaming(response, imports);
      return instance.exports;
    },
  };
}

const edge = new WorkerEdge((message, transfer = []) => self.postMessage(message, transfer), platformAt);
self.onmessage = (event: MessageEvent<unknown>) => edge.handle(event.data);
self.onerror = (event) => edge.crash(event instanceof ErrorEvent ? (event.error ?? event.message) : event);
self.onunhandledrejection = (event: PromiseRejectionEvent) => edge.crash(event.reason);
