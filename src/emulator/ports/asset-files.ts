/**
 * The files shipped with the app, by the paths under which a server publishes them (bin/assets.ts):
 * `machine/…`, `state/…`, `hub/…`, `advisories/…`, `mirror/…`, `v86/v86.wasm`. A page fetches them, Node reads them from disk.
 */
import { EngineError, messageOf } from '#engine/errors.ts';

export interface AssetFile {
  /** 0 while unknown. */
  sizeBytes: number;
  chunks: AsyncIterable<Uint8Array>;
}

export interface AssetFiles {
  /** Undefined when there is no such file. Throws EngineError `unavailable` when it cannot be had. */
  open(path: string): Promise<AssetFile | undefined>;
}

/** Files under a URL, for pages. */
export function fetchedAssets(baseUrl: string): AssetFiles {
  return {
    async open(path) {
      const url = new URL(path, baseUrl);
      let response: Response;
      try {
        response = await fetch(url);
      } catch (error) {
        throw new EngineError('unavailable', `${url.pathname} could not be fetched: ${messageOf(error)}`, { cause: error });
      }
      if (response.status === 404) return undefined;
      if (!response.ok || !response.body)
        throw new EngineError('unavailable', `${url.pathname} could not be fetched: HTTP ${response.status}`);
      // A compressed transfer's length says nothing about the file's.
      const length = response.headers.get('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
      return { sizeBytes: length, chunks: streamChunks(response.body) };
    },
  };
}

/**
 * The same files, some of them asked for at once, before anybody opens them. When `state/current.json` is one
 * of them, the state that it names is asked for as well.
 */
export function prefetching(files: AssetFiles, paths: string[]): AssetFiles {
  const asked = new Map<string, Promise<AssetFile | undefined>>();
  const ask = (path: string): void => {
    const opened = files.open(path);
    opened.catch(() => {});
    asked.set(path, opened);
  };
  paths.forEach(ask);
  const description = asked.get('state/current.json');
  if (description) {
    const read = readAsset({ open: () => description }, 'state/current.json');
    const whole = read.then((bytes) => bytes && wholeFile(bytes));
    whole.catch(() => {});
    asked.set('state/current.json', whole);
    read.then((bytes) => bytes && ask(`state/${(JSON.parse(new TextDecoder().decode(bytes)) as { file: string }).file}`)).catch(() => {});
  }
  return {
    open(path) {
      const opened = asked.get(path);
      asked.delete(path);
      return opened ?? files.open(path);
    },
  };
}

function wholeFile(bytes: Uint8Array): AssetFile {
  return { sizeBytes: bytes.length, chunks: streamChunks(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()) };
}

export async function* streamChunks(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** A whole file; `onLoaded` is told how far it is. Undefined when absent. */
export async function readAsset(
  files: AssetFiles,
  path: string,
  onLoaded?: (loadedBytes: number, totalBytes: number) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const file = await files.open(path);
  if (!file) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.chunks) {
    chunks.push(chunk);
    length += chunk.length;
    onLoaded?.(length, file.sizeBytes);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Reads whole files, each of them once; one that could not be had is asked for again. */
export function keptAssets(files: AssetFiles): (path: string) => Promise<Uint8Array | undefined> {
  const kept = new Map<string, Promise<Uint8Array | undefined>>();
  return (path) => {
    const known = kept.get(path);
    if (known) return known;
    const read: Promise<Uint8Array | undefined> = readAsset(files, path);
    kept.set(path, read);
    read.catch(() => kept.delete(path));
    return read;
  };
}
