/** Machines under Node, in this process: for `bin/drydock`, the build and tests. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Platform } from './platform.ts';
import { diskAssets } from './ports/disk-assets.ts';
import { MemorySessions } from './sessions.ts';

const wasmFile = resolve(import.meta.dirname, '../../node_modules/v86/build/v86.wasm');

export function nodePlatform(): Platform {
  return {
    files: diskAssets,
    sessions: new MemorySessions(),
    async instantiate(imports) {
      const { instance } = await WebAssembly.instantiate(await readFile(wasmFile), imports);
      return instance.exports;
    },
  };
}
