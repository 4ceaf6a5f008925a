/**
 * `docker cp`: files of a container as a tar, and a tar as files of a container, whether it runs or not. Paths are the
 * container's: no link leads out of it.
 * Source: moby daemon/{archive,archive_unix,container_operations_unix}.go.
 */
import { EngineError } from '../errors.ts';
import { baseName } from '../go-path.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { endOfTar, tarHeader, tarPadding } from '../oci/tar-writer.ts';
import { type ContainerFiles, FilesError, type FoundFile } from '../runtime/runtime.ts';
import { untarred } from './archive-entries.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { mountVolumes, unmountVolumes } from './ready-mounts.ts';
import { filesOf } from './rootfs.ts';

export interface PathStat {
  name: string;
  type: FoundFile['type'];
  /** Permissions. */
  mode: number;
  sizeBytes: number;
  mtimeMs: number;
  /** Where a symlink leads in the end, or as far as there is something; empty for others. */
  linkTarget: string;
}

export async function statPath(containers: Containers, name: string, path: string): Promise<PathStat> {
  const container = containers.resolve(name);
  const absolute = absolutePath(path);
  return container.live.lock.run(() =>
    explained(name, path, () => withVolumes(containers, container, (files) => stat(containers, files, absolute))),
  );
}

export interface Archive {
  stat: PathStat;
  /** To be taken or given up: other verbs wait until then. */
  chunks: AsyncIterable<Uint8Array>;
}

export async function archivePath(containers: Containers, name: string, path: string): Promise<Archive> {
  const container = containers.resolve(name);
  const absolute = absolutePath(path);
  const leave = await hold(container);
  let release = leave;
  try {
    const files = filesOf(containers, container, await mountVolumes(containers, container));
    release = () => void unmountVolumes(containers, container).finally(leave);
    const found = await explained(name, path, () => stat(containers, files, absolute));
    containers.logEvent(container, 'archive-path');
    return { stat: found, chunks: releasing(archiveOf(containers, files, absolute, found.name), release) };
  } catch (error) {
    release();
    throw error;
  }
}

export interface ExtractOptions {
  /** A directory is not replaced by something else, nor the other way round. */
  noOverwriteDirNonDir: boolean;
  /** Files belong to the container's user instead of those that the archive names. */
  copyUIDGID: boolean;
}

export async function extractArchive(
  containers: Containers,
  name: string,
  path: string,
  options: ExtractOptions,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const container = containers.resolve(name);
  await container.live.lock.run(() =>
    explained(name, path, () =>
      withVolumes(containers, container, async (files) => {
        const target = await containers.ports.runtime.findFile(files, absolutePath(path), true);
        if (!target) throw notFound(name, path);
        if (target.type !== 'directory') throw new EngineError('invalid-parameter', 'extraction point is not a directory');
        checkWritable(container, target.path);
        const pieces = untarred(body, containers.ports.compression, target.path, ownerOf(containers, container, options));
        await containers.ports.runtime.writeTree(files, target.path, pieces, { keepKinds: options.noOverwriteDirNonDir });
      }),
    ),
  );
  containers.logEvent(container, 'extract-to-dir');
}

// --- the parts ---

/** With what its volumes show, whether it runs or not. */
async function withVolumes<T>(containers: Containers, container: Container, work: (files: ContainerFiles) => Promise<T>): Promise<T> {
  const files = filesOf(containers, container, await mountVolumes(containers, container));
  try {
    return await work(files);
  } finally {
    await unmountVolumes(containers, container);
  }
}

async function stat(containers: Containers, files: ContainerFiles, path: string): Promise<PathStat> {
  const { runtime } = containers.ports;
  const found = await runtime.findFile(files, path, false);
  if (!found) throw new FilesError('ENOENT', `lstat ${path}: no such file or directory`);
  const { type, mode, sizeBytes, seconds, nanoseconds } = found;
  const linkTarget = type === 'symlink' ? await linkTargetOf(containers, files, path) : '';
  return { name: baseName(path), type, mode, sizeBytes, mtimeMs: seconds * 1000 + nanoseconds / 1e6, linkTarget };
}

const maxLinks = 255;

/** Where a link leads; names that lead nowhere are kept as they are written. */
async function linkTargetOf(containers: Containers, files: ContainerFiles, path: string): Promise<string> {
  const { runtime } = containers.ports;
  const end = await runtime.findFile(files, path, true).catch(() => undefined);
  if (end) return end.path;
  const left = path.split('/');
  let at: string[] = [];
  for (let steps = 0; left.length > 0; steps++) {
    if (steps > maxLinks) throw new FilesError('ELOOP', `evalSymlinks: too many links in ${path}`);
    const name = left.shift()!;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const found = await runtime.findFile(files, `/${[...at, name].join('/')}`, false);
    if (found?.type !== 'symlink') {
      at.push(name);
      continue;
    }
    const target = found.linkName ?? '';
    if (target.startsWith('/')) at = [];
    left.unshift(...target.split('/'));
  }
  return `/${at.join('/')}`;
}

async function* archiveOf(containers: Containers, files: ContainerFiles, path: string, name: string): AsyncGenerator<Uint8Array> {
  // The root's own name is empty, or names would begin with two slashes.
  const top = name === '/' ? '' : name;
  const renamed = (below: string): string => (below === '' ? top : `${top}/${below}`);
  let padding: Uint8Array[] = [];
  for await (const piece of containers.ports.runtime.readTree(files, path)) {
    if ('content' in piece) {
      yield piece.content;
      continue;
    }
    yield* padding;
    const { file, sizeBytes } = piece;
    const entry: LayerEntry = { ...file, path: renamed(file.path) };
    if (file.type === 'hardlink') entry.linkName = renamed(file.linkName ?? '');
    yield* tarHeader(entry, sizeBytes);
    padding = tarPadding(sizeBytes);
  }
  yield* padding;
  yield endOfTar;
}

/** @throws EngineError when neither the root nor a volume there may be written to */
function checkWritable({ mounts, hostConfig }: Container, path: string): void {
  const holding = mounts.find(({ type, destination }) => type !== 'tmpfs' && isBelow(path, destination));
  if (holding && !holding.writable) throw new EngineError('invalid-parameter', 'mounted volume is marked read-only');
  if (!holding && hostConfig.ReadonlyRootfs) throw new EngineError('invalid-parameter', 'container rootfs is marked read-only');
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

function ownerOf(
  containers: Containers,
  { config, topLayer }: Container,
  { copyUIDGID }: ExtractOptions,
): { uid: number; gid: number } | undefined {
  if (!copyUIDGID || config.User === '') return undefined;
  const layers = containers.ports.images.layers.chain(topLayer) ?? [];
  const files = containers.layerFiles.userFiles([...layers].reverse().map(({ diffId }) => diffId));
  // Docker asks for the whole text as a name, whatever `--user` may mean otherwise.
  const row = (files.passwd ?? '').split('\n').find((line) => line.startsWith(`${config.User}:`));
  const [uid, gid] = (row ?? '').split(':').slice(2, 4).map(Number);
  if (uid === undefined || gid === undefined || !Number.isInteger(uid) || !Number.isInteger(gid))
    throw new EngineError('system', `getent unable to find entry ${JSON.stringify(config.User)} in passwd database`);
  return { uid, gid };
}

/** Docker's errors for what the runtime could not do. */
async function explained<T>(name: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FilesError && error.code === 'ENOENT') throw notFound(name, path, error);
    if (error instanceof FilesError) throw new EngineError('system', error.message, { cause: error });
    throw error;
  }
}

function notFound(name: string, path: string, cause?: unknown): EngineError {
  return new EngineError('not-found', `Could not find the file ${path} in container ${name}`, { cause });
}

/** Keeps other verbs from a container until it is released. */
async function hold({ live }: Container): Promise<() => void> {
  let release = (): void => {};
  await new Promise<void>((resolve) => {
    void live.lock.run(() => {
      resolve();
      return new Promise<void>((done) => (release = done));
    });
  });
  return release;
}

/** Also when nobody takes any of it. */
function releasing(chunks: AsyncGenerator<Uint8Array>, release: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const result = await chunks.next();
          if (result.done) release();
          return result;
        } catch (error) {
          release();
          throw error;
        }
      },
      async return() {
        release();
        await chunks.return(undefined);
        return { done: true, value: undefined };
      },
    }),
  };
}

/** From the root on, cleaned, but with the slash or `/.` at its end, which mean that a link there is followed. */
function absolutePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const clean = `/${parts.join('/')}`;
  if (path === '.' || path.endsWith('/.')) return clean === '/' ? '/.' : `${clean}/.`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}
