/**
 * What the machine needs of where it runs, a page's worker or Node: the shipped files, v86's compiled
 * code, and a place for sessions. Everything else is the same in both.
 */
import type { AssetFiles } from './ports/asset-files.ts';
import type { SessionStore } from './sessions.ts';

export interface Platform {
  files: AssetFiles;
  /** Compiles v86's wasm and gives its exports. */
  instantiate(imports: WebAssembly.Imports): Promise<WebAssembly.Exports>;
  sessions: SessionStore;
}
