/**
 * Layers of the shipped registry stay in the browser's cache after they were first fetched: they are named by their digest
 * and never change. Only what has that digest is kept.
 */
import { concatBytes } from '#engine/bytes.ts';
import { hex } from '#engine/id.ts';
import { streamChunks, type AssetFile, type AssetFiles } from './asset-files.ts';

const cacheName = 'drydock.blobs.1';
const blobPath = /^hub\/v2\/blobs\/sha256\/([0-9a-f]{64})$/;

/** @param storage the browser's; undefined where it offers none (a page served over plain HTTP) */
export function keptBlobs(files: AssetFiles, baseUrl: string, storage: CacheStorage | undefined = globalThis.caches): AssetFiles {
  if (!storage) return files;
  // A browser may refuse its storage at any time; then everything is fetched.
  const cache = (): Promise<Cache | undefined> => storage.open(cacheName).catch(() => undefined);
  return {
    async open(path) {
      const digits = blobPath.exec(path)?.[1];
      if (digits === undefined) return files.open(path);
      const url = new URL(path, baseUrl).href;
      const kept = await (await cache())?.match(url).catch(() => undefined);
      if (kept?.body) return { sizeBytes: Number(kept.headers.get('content-length') ?? 0), chunks: streamChunks(kept.body) };
      const file = await files.open(path);
      return file && { ...file, chunks: keeping(file, digits, async (bytes) => void (await (await cache())?.put(url, bytes))) };
    },
  };
}

/** Passes on what comes, and keeps it once it is there as a whole. */
async function* keeping({ chunks }: AssetFile, digits: string, keep: (response: Response) => Promise<void>): AsyncIterable<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    pieces.push(chunk);
    yield chunk;
  }
  const bytes = concatBytes(pieces);
  // Where there is a cache there is this: both want a secure context.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  if (hex(new Uint8Array(digest)) !== digits) return;
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) };
  // Not waited for: whoever reads has it all.
  void keep(new Response(bytes as Uint8Array<ArrayBuffer>, { headers })).catch(() => undefined);
}
