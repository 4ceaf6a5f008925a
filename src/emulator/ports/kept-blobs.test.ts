import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AssetFiles } from './asset-files.ts';
import { keptBlobs } from './kept-blobs.ts';

/** A cache as a browser has it, in a map. */
function storage(): { storage: CacheStorage; kept: Map<string, Response> } {
  const kept = new Map<string, Response>();
  const cache = {
    match: (url: string) => Promise.resolve(kept.get(url)?.clone()),
    put: (url: string, response: Response) => Promise.resolve(void kept.set(url, response)),
  };
  return { kept, storage: { open: () => Promise.resolve(cache) } as unknown as CacheStorage };
}

const body = new TextEncoder().encode('a layer');
const path = `hub/v2/blobs/sha256/${createHash('sha256').update(body).digest('hex')}`;

function served(bytes: Uint8Array): AssetFiles & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    open(name) {
      asked.push(name);
      const chunks = (async function* () {
        yield bytes.subarray(0, 3);
        yield bytes.subarray(3);
      })();
      return Promise.resolve({ sizeBytes: bytes.length, chunks });
    },
  };
}

async function text(files: AssetFiles, name: string): Promise<string> {
  let all = '';
  for await (const chunk of (await files.open(name))!.chunks) all += new TextDecoder().decode(chunk);
  // What is kept is kept a moment later.
  await new Promise((resolve) => setTimeout(resolve));
  return all;
}

test('a layer is fetched once', async () => {
  const { storage: caches, kept } = storage();
  const files = served(body);
  const assets = keptBlobs(files, 'http://host/app/', caches);
  expect(await text(assets, path)).toBe('a layer');
  expect([...kept.keys()]).toEqual([`http://host/app/${path}`]);
  expect(await text(assets, path)).toBe('a layer');
  expect(files.asked).toEqual([path]);
});

test('what has another digest, or is no layer, is not kept', async () => {
  const { storage: caches, kept } = storage();
  const files = served(new TextEncoder().encode('a start page'));
  const assets = keptBlobs(files, 'http://host/app/', caches);
  await text(assets, path);
  await text(assets, 'hub/v2/_catalog');
  expect(kept.size).toBe(0);
});

test('a browser that refuses its storage is asked for nothing more', async () => {
  const refusing = { open: () => Promise.reject(new DOMException('no', 'SecurityError')) } as unknown as CacheStorage;
  expect(await text(keptBlobs(served(body), 'http://host/', refusing), path)).toBe('a layer');
});
