/**
 * Walks a directory of a stub. One that lies in the files which guest and worker share is read from the worker's own
 * memory, without a word to the guest; all others are listed by the agent, many directories at a time.
 */
import { FileError, type WalkedFile } from '#cli/environment.ts';
import type { AgentClient } from './agent/client.ts';
import { type FileStat, listDirectory, mayFail, readFile, stat } from './agent/ops.ts';
import type { Op, OpResults } from './agent/op.ts';
import type { Stub } from './agent/stub.ts';
import type { TreeFile } from './agent/tree-stream.ts';
import { shareMount } from './guest/paths.ts';
import { fileType, isDirectory, type Inode, sizeOf, typeOf } from './p9/inode.ts';
import type { MemoryFs } from './p9/memory-fs.ts';

export interface Walk {
  agent: AgentClient;
  stub: Stub;
  /** What the guest has mounted at `shareMount`. */
  share: MemoryFs;
  /** Runs operations in the stub; throws FileErrors. */
  batch<const T extends readonly Op[]>(ops: T): Promise<OpResults<T>>;
  read(path: string): Promise<Uint8Array>;
}

/** Directories that are listed at once, and the most that each may say at once: together less than a batch can. */
const LISTED_AT_ONCE = 12;
const LIST_BYTES = 65536;
const MAX_FILES = 500_000;

export async function* walkFiles(walk: Walk, top: string, enter: (path: string) => boolean): AsyncGenerator<WalkedFile> {
  const [found, mounts] = await walk.batch([stat(top), mayFail(readFile('/proc/1/mountinfo', 262_144))]);
  const shared = mounts && (await sharedDirectory(walk, found, new TextDecoder().decode(mounts)));
  if (shared) yield* walkMemory(shared, enter);
  else yield* walkThere(walk, top, enter);
}

// --- in memory ---

/**
 * The worker's inode of a directory that the stub sees; undefined when it is elsewhere, when something is mounted below it, or
 * when the stub might not read all of it.
 */
async function sharedDirectory({ agent, stub, share }: Walk, found: FileStat, mountInfo: string): Promise<Inode | undefined> {
  if (stub.hello.uid !== 0) return undefined;
  // id, parent id, device, …
  const mounts = mountInfo.split('\n').map((line) => line.split(' ', 2).map(Number));
  if (!mounts.some(([id]) => id === found.mountId) || mounts.some(([, parent]) => parent === found.mountId)) return undefined;
  const { fileSystem } = await agent.run({ node: 0 }, stat(shareMount));
  if (found.fileSystem !== fileSystem) return undefined;
  // Linux makes its number of ours.
  const inode = share.inode(found.inode - 2);
  return inode && isDirectory(inode) ? inode : undefined;
}

const typeNames: Record<number, WalkedFile['type']> = {
  [fileType.regular]: 'file',
  [fileType.directory]: 'directory',
  [fileType.symlink]: 'symlink',
  [fileType.fifo]: 'fifo',
  [fileType.character]: 'character',
  [fileType.block]: 'block',
  [fileType.socket]: 'socket',
};

/** Not by recursion: how deep it goes is the guest's choice. */
function* walkMemory(top: Inode, enter: (path: string) => boolean): Generator<WalkedFile> {
  const open = [childrenOf(top, '')];
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const next = last.next();
    if (next.done) {
      open.pop();
      continue;
    }
    const { path, inode } = next.value;
    yield {
      path,
      type: typeNames[typeOf(inode)] ?? 'socket',
      mode: inode.mode & 0o7777,
      uid: inode.uid,
      gid: inode.gid,
      mtimeMs: Number(inode.mtimeNs / 1000n) / 1000,
      sizeBytes: sizeOf(inode),
      ...(inode.target !== undefined && { linkName: inode.target }),
      content: () => Promise.resolve(inode.content?.bytes() ?? new Uint8Array(0)),
    };
    if (isDirectory(inode) && enter(path)) open.push(childrenOf(inode, `${path}/`));
  }
}

function* childrenOf(directory: Inode, prefix: string): Generator<{ path: string; inode: Inode }> {
  const children = [...(directory.children ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { inode }] of children) yield { path: prefix + name, inode };
}

// --- through the agent ---

async function* walkThere(walk: Walk, top: string, enter: (path: string) => boolean): AsyncGenerator<WalkedFile> {
  const [files = []] = await listAll(walk, [top]);
  yield* walkListed({ walk, top, enter, left: { files: MAX_FILES } }, '', files);
}

interface Listed {
  walk: Walk;
  top: string;
  enter: (path: string) => boolean;
  left: { files: number };
}

async function* walkListed(listed: Listed, prefix: string, files: TreeFile[]): AsyncGenerator<WalkedFile> {
  const { walk, top, enter, left } = listed;
  if ((left.files -= files.length) < 0) throw new FileError('EOVERFLOW', `${top} has more than ${MAX_FILES} files`);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const entered = files.filter(({ type, path }) => type === 'directory' && enter(prefix + path));
  const inside = new Map<TreeFile, TreeFile[]>();
  for (let at = 0; at < entered.length; at += LISTED_AT_ONCE) {
    const part = entered.slice(at, at + LISTED_AT_ONCE);
    const lists = await listAll(
      walk,
      part.map(({ path }) => `${top}/${prefix}${path}`),
    );
    for (const [index, directory] of part.entries()) inside.set(directory, lists[index] ?? []);
  }
  for (const file of files) {
    const path = prefix + file.path;
    yield {
      path,
      type: file.type,
      mode: file.mode,
      uid: file.uid,
      gid: file.gid,
      mtimeMs: file.seconds * 1000 + file.nanoseconds / 1e6,
      sizeBytes: file.sizeBytes,
      ...(file.type === 'symlink' && { linkName: file.target }),
      content: () => walk.read(`${top}/${path}`),
    };
    const below = inside.get(file);
    if (below) yield* walkListed(listed, `${path}/`, below);
  }
}

/** What is in each of some directories, however much that is. */
async function listAll(walk: Walk, paths: string[]): Promise<TreeFile[][]> {
  const lists = paths.map((path) => ({ path, files: [] as TreeFile[], next: 0n, done: false }));
  for (let open = lists; open.length > 0; open = open.filter(({ done }) => !done)) {
    const parts = await walk.batch(open.map(({ path, next }) => listDirectory(path, next, LIST_BYTES)));
    for (const [index, list] of open.entries()) {
      const part = parts[index]!;
      list.files.push(...part.files);
      list.next = part.next;
      list.done = part.next === 0n;
      if (list.files.length > MAX_FILES) throw new FileError('EOVERFLOW', `${list.path} has more than ${MAX_FILES} files`);
    }
  }
  return lists.map(({ files }) => files);
}
