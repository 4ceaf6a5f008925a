/**
 * A context as a tar archive: `meta.json`, and its certificates in `tls/<endpoint>/`.
 * Source: docker/cli cli/context/store/store.go, Export and Import.
 */
import { concatBytes } from '#engine/bytes.ts';
import { cleanPath } from '#engine/go-path.ts';
import { readTar } from '#engine/oci/tar.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { descriptionOf, readMetadata, writeMetadata, type ContextMetadata } from './metadata.ts';
import type { ContextStore, TlsFiles } from './store.ts';

const MAX_BYTES = 10 << 20;

/** @throws ContextNotFound */
export async function exportContext(store: ContextStore, name: string): Promise<Uint8Array> {
  const metadata = await store.get(name);
  const pieces = [...file('meta.json', 0o644, new TextEncoder().encode(writeMetadata(metadata))), ...directory('tls')];
  for (const [endpoint, files] of Object.entries(await store.tlsFiles(name))) {
    pieces.push(...directory(`tls/${endpoint}`));
    for (const [fileName, bytes] of Object.entries(files)) pieces.push(...file(`tls/${endpoint}/${fileName}`, 0o600, bytes));
  }
  return concatBytes([...pieces, endOfTar]);
}

/** Makes a context of what an archive holds. @throws Error with Docker's words */
export async function importContext(store: ContextStore, name: string, archive: AsyncIterable<Uint8Array>): Promise<void> {
  const bytes = await readLimited(archive);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4) {
    throw new Error('importing a context from a zip archive is not available in this version of Drydock: use a tar archive');
  }
  const tls: TlsFiles = {};
  let metadata: ContextMetadata | undefined;
  for (const { name: path, type, content } of readTar(bytes)) {
    if (type !== 'file') continue;
    checkPath(path);
    if (path === 'meta.json') {
      metadata = { ...readMetadata(new TextDecoder().decode(content)), Name: name };
      await store.save(metadata);
      continue;
    }
    const [endpoint = '', ...rest] = path.slice('tls/'.length).split('/');
    if (rest.length === 0) throw new Error('archive format is invalid');
    tls[endpoint] = { ...tls[endpoint], [rest.join('/')]: content };
  }
  if (!metadata) throw new Error('invalid context: no metadata found');
  await store.resetTls(name, tls);
}

/** Makes a context of another, with its certificates. @param description replaces the other's unless it is empty */
export async function copyContext(store: ContextStore, from: string, to: string, description: string): Promise<void> {
  const metadata = await store.get(from);
  const text = description || descriptionOf(metadata);
  await store.save({ ...metadata, Name: to, Metadata: { ...metadata.Metadata, ...(text !== '' && { Description: text }) } });
  await store.resetTls(to, await store.tlsFiles(from));
}

function checkPath(path: string): void {
  const refuse = (reason: string): never => {
    throw new Error(`${path}: ${reason}`);
  };
  if (path !== 'meta.json' && !path.startsWith('tls/')) refuse('unexpected context file');
  if (cleanPath(path) !== path) refuse('unexpected path format');
  if (path.includes('\\')) refuse(`unexpected '\\' in path`);
}

async function readLimited(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of chunks) {
    parts.push(part.slice());
    length += part.length;
    if (length > MAX_BYTES) throw new Error('read exceeds the defined limit');
  }
  return concatBytes(parts);
}

function file(path: string, mode: number, content: Uint8Array): Uint8Array[] {
  return tarPieces({ path, type: 'file', mode, uid: 0, gid: 0, mtime: 0, content });
}

function directory(path: string): Uint8Array[] {
  return tarPieces({ path, type: 'directory', mode: 0o700, uid: 0, gid: 0, mtime: 0 });
}
