/**
 * The files of a container, read and made through the agent in a mount namespace of its own: for one that does not run its
 * root is mounted there, and its volumes are bound into it. What is mounted goes with the batch.
 */
import { EngineError } from '#engine/errors.ts';
import type { LayerEntry } from '#engine/image/layer-trees.ts';
import { type ContainerFiles, FilesError, type FoundFile, treePath, type TreePiece } from '#engine/runtime/runtime.ts';
import { AgentError, errnoWords } from '../agent/agent-error.ts';
import type { AgentClient } from '../agent/client.ts';
import type { Op } from '../agent/op.ts';
import { bindInto, findInRoot, mayFail, mkdir, unpackTree, view } from '../agent/ops.ts';
import { encodeTreeHead, endOfTree, type NewFile, type TreeFile } from '../agent/tree-stream.ts';
import { FsError } from '../p9/errno.ts';
import { mountRootfs } from './bundle.ts';
import { receiveTree } from './receive-tree.ts';
import type { Transfers } from './transfers.ts';

/** What lies between guest and reader at most, but for the message that goes past it. */
const QUEUE_BYTES = 2 << 20;
/** What a piece that is no content counts. */
const FILE_COST = 512;

export interface Place {
  agent: AgentClient;
  node: number;
  transfers: Transfers;
}

/** @param mounted its root is mounted already, because it runs */
function viewOf({ rootfs, mounts, trees = [], directories = [] }: ContainerFiles, mounted: boolean): { root: string; ops: Op[] } {
  const root = treePath(rootfs.name, rootfs.driver);
  const binds = mounts.map(({ source, destination, readOnly }) => bindInto(root, source, destination, readOnly));
  // A file there is mounted as it is.
  const made = directories.map((path) => mayFail(mkdir(path)));
  return { root, ops: [...made, view(), ...(mounted ? [] : [rootfs, ...trees].flatMap(mountRootfs)), ...binds] };
}

export async function findFile(
  { agent, node }: Place,
  files: ContainerFiles,
  mounted: boolean,
  path: string,
  follow: boolean,
): Promise<FoundFile | undefined> {
  const { root, ops } = viewOf(files, mounted);
  try {
    const results: unknown[] = await agent.batch({ node }, [...ops, findInRoot(root, path, follow)], { background: true });
    const found = results.at(-1) as TreeFile;
    const { type, mode, sizeBytes, seconds, nanoseconds } = found;
    return { path: found.path || '/', type, mode, sizeBytes, seconds, nanoseconds, ...(type === 'symlink' && { linkName: found.target }) };
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT' && error.index === ops.length) return undefined;
    throw asFilesError(error, `lstat ${path}`);
  }
}

export async function* readTree(place: Place, files: ContainerFiles, mounted: boolean, path: string): AsyncGenerator<TreePiece> {
  const { root, ops } = viewOf(files, mounted);
  let queue: TreePiece[] = [];
  let queuedBytes = 0;
  let state = 'open' as 'open' | 'done' | 'left';
  let failure: unknown;
  let wake = (): void => {};
  const push = (piece: TreePiece, cost: number): void => {
    queue.push(piece);
    queuedBytes += cost;
    wake();
  };
  const names = new Map<string, string>();
  let skipping = false;
  const handlers = {
    file(file: TreeFile, contentBytes: number): void {
      const entry = entryOf(file, names);
      skipping = !entry || entry.type === 'hardlink';
      if (entry) push({ file: entry, sizeBytes: skipping ? 0 : contentBytes }, FILE_COST);
    },
    content(bytes: Uint8Array): void {
      if (!skipping) push({ content: bytes }, bytes.length);
    },
  };
  const admit = (): void => {
    if (state === 'left') throw new FsError('EPIPE');
    if (queuedBytes >= QUEUE_BYTES) throw new FsError('EAGAIN');
  };
  const request = { root, path, before: ops, admit, content: true, xattrs: true, mounts: true };
  const finished = receiveTree(place, request, handlers)
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      if (state === 'open') state = 'done';
      wake();
    });
  try {
    for (;;) {
      const pieces = queue;
      [queue, queuedBytes] = [[], 0];
      yield* pieces;
      if (queue.length > 0) continue;
      if (state === 'done') break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if (failure !== undefined) throw asFilesError(failure, `open ${path}`);
  } finally {
    if (state === 'open') state = 'left';
    await finished;
  }
}

/** @param names where each file with several names was first met; a further one becomes a hard link */
function entryOf(file: TreeFile, names: Map<string, string>): LayerEntry | undefined {
  const { path, type, mode, uid, gid, seconds: mtime, major, minor, xattrs, target } = file;
  if (type === 'socket') return undefined;
  const common = { path, mode, uid, gid, mtime };
  if (file.links > 1 && type !== 'directory') {
    const first = names.get(file.identity);
    if (first !== undefined) return { ...common, type: 'hardlink', linkName: first };
    names.set(file.identity, path);
  }
  const entry: LayerEntry = { ...common, type };
  if (type === 'symlink') entry.linkName = target;
  if (type === 'character' || type === 'block') Object.assign(entry, { major, minor });
  if (xattrs['security.capability']) entry.xattrs = { 'security.capability': xattrs['security.capability'] };
  return entry;
}

export async function writeTree(
  { agent, node, transfers }: Place,
  files: ContainerFiles,
  mounted: boolean,
  directory: string,
  pieces: AsyncIterable<TreePiece>,
  { keepKinds }: { keepKinds: boolean },
): Promise<void> {
  const { root, ops } = viewOf(files, mounted);
  const unpack = (from: string): Promise<unknown> =>
    agent.batch({ node }, [...ops, unpackTree(root, directory, from, keepKinds)], { background: true });
  await sendTree(transfers, directory, pieces, unpack);
}

/**
 * Sends a tree to the guest while it unpacks it.
 *
 * @param directory as errors call it
 * @param unpack has the agent unpack from a file; what it throws is said in the words of files
 */
export async function sendTree(
  transfers: Transfers,
  directory: string,
  pieces: AsyncIterable<TreePiece>,
  unpack: (from: string) => Promise<unknown>,
): Promise<void> {
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let state: 'open' | 'ended' | 'closed' = 'open';
  let failure: unknown;
  let wake = (): void => {};
  const transfer = transfers.provide((target) => {
    if (failure !== undefined) throw new FsError('EIO');
    if (queue.length === 0 && state === 'open') throw new FsError('EAGAIN');
    let filled = 0;
    for (let next = queue[0]; next && filled < target.length; next = queue[0]) {
      const part = next.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      if (part.length === next.length) queue.shift();
      else queue[0] = next.subarray(part.length);
    }
    queuedBytes -= filled;
    wake();
    return filled;
  });
  const feed = async (): Promise<void> => {
    for await (const bytes of encoded(pieces)) {
      queue.push(bytes);
      queuedBytes += bytes.length;
      while (queuedBytes >= QUEUE_BYTES && state === 'open') await new Promise<void>((resolve) => (wake = resolve));
      if (state === 'closed') return;
    }
    if (state === 'open') state = 'ended';
  };
  const fed = feed().catch((error: unknown) => (failure = error));
  try {
    await unpack(transfer.path);
  } catch (error) {
    if (failure === undefined) throw asFilesError(error, 'write', directory);
  } finally {
    state = 'closed';
    transfer.remove();
    wake();
    // What still comes is nobody's business; its sender may take its time to hear of it.
    if (failure === undefined) void fed;
    else await fed;
  }
  if (failure !== undefined) throw failure;
}

/** Times of directories come last: what is made in one changes it. */
async function* encoded(pieces: AsyncIterable<TreePiece>): AsyncGenerator<Uint8Array> {
  const directories: NewFile[] = [];
  for await (const piece of pieces) {
    if ('content' in piece) {
      yield piece.content;
      continue;
    }
    const { path, type, mode, uid, gid, mtime: seconds, major = 0, minor = 0, linkName: target = '', xattrs = {} } = piece.file;
    const common = { path, type, mode, uid, gid, major, minor, seconds, nanoseconds: 0, target };
    const file: NewFile = { ...common, xattrs, contentBytes: piece.sizeBytes, onlyTime: false };
    if (type === 'directory') directories.push({ ...file, xattrs: {}, onlyTime: true });
    yield encodeTreeHead(file);
  }
  for (const directory of directories) yield encodeTreeHead(directory);
  yield endOfTree;
}

/** The agent says after a space which path it was, and before it what stood in the way. */
function asFilesError(error: unknown, tried: string, directory = '/'): unknown {
  if (error instanceof EngineError || !(error instanceof AgentError)) return error;
  const path = error.detail.includes('/') ? error.detail.slice(error.detail.indexOf('/')) : undefined;
  const reason = error.detail.slice(0, path === undefined ? undefined : error.detail.indexOf('/')).trim();
  if (reason.startsWith('cannot overwrite')) {
    const by = reason.endsWith('non-directory') ? 'directory' : 'non-directory';
    return new FilesError(error.code, `${reason} ${JSON.stringify(path)} with ${by} ${JSON.stringify(directory)}`, { cause: error });
  }
  const what = path === undefined ? (error.index >= 0 && error.op !== 'unpack' ? error.op : tried) : `${tried} ${path}`;
  return new FilesError(error.code, `${what}: ${errnoWords(error.code)}`, { cause: error });
}
