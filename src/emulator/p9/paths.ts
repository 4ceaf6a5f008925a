/** Files of a MemoryFs by path, for those who are not the guest: the engine's storage and the editor. */
import type { LayerEntry } from '#engine/image/layer-trees.ts';
import { FsError } from './errno.ts';
import { fileType, isDirectory, type Inode } from './inode.ts';
import type { MemoryFs } from './memory-fs.ts';

const ROOT = { uid: 0, gid: 0 };

/** The parts of a relative path; refuses what could lead outside. */
export function splitPath(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new FsError('EINVAL', path);
  return names;
}

/** The inode at a path below `from`, or undefined. Symbolic links are not followed. */
export function find(files: MemoryFs, from: Inode, path: string): Inode | undefined {
  let at: Inode | undefined = from;
  for (const name of splitPath(path)) {
    at = at && isDirectory(at) ? at.children.get(name)?.inode : undefined;
    if (!at) return undefined;
  }
  return at;
}

/** The directory at a path; when absent it is made with `mode`, its parents with 0755. */
export function makeDirectories(files: MemoryFs, from: Inode, path: string, mode: number): Inode {
  let at = from;
  const names = splitPath(path);
  for (const [index, name] of names.entries()) {
    const next: Inode | undefined = at.children?.get(name)?.inode;
    at = next ?? files.create(at, name, fileType.directory | (index === names.length - 1 ? mode : 0o755), ROOT);
    if (!isDirectory(at)) throw new FsError('ENOTDIR', path);
  }
  return at;
}

/** The regular file at a path, made with its parents when absent. */
export function makeFile(files: MemoryFs, from: Inode, path: string, mode: number): Inode {
  const { directory, name } = locate(files, from, path, 0o755);
  const existing = directory.children?.get(name)?.inode;
  if (existing && isDirectory(existing)) throw new FsError('EISDIR', path);
  if (existing && !existing.content) throw new FsError('EINVAL', path);
  return existing ?? files.create(directory, name, fileType.regular | mode, ROOT);
}

/** Gives a file, made when absent, other bytes. A new one that does not fit is taken away again. */
export function putFile(files: MemoryFs, from: Inode, path: string, bytes: Uint8Array, mode: number): Inode {
  const isNew = find(files, from, path) === undefined;
  const inode = makeFile(files, from, path, mode);
  try {
    files.replaceContent(inode, bytes);
  } catch (error) {
    if (isNew) removeAll(files, from, path);
    throw error;
  }
  return inode;
}

const typeBits: Record<Exclude<LayerEntry['type'], 'symlink' | 'hardlink'>, number> = {
  file: fileType.regular,
  directory: fileType.directory,
  character: fileType.character,
  block: fileType.block,
  fifo: fileType.fifo,
};

export function mtimeNsOf({ mtime }: LayerEntry): bigint {
  return BigInt(Math.trunc(mtime)) * 1_000_000_000n;
}

/**
 * Makes what an entry describes, below a directory that does not have it.
 *
 * @param share the content is kept as it is until somebody writes to the file
 */
export function putEntry(files: MemoryFs, below: Inode, entry: LayerEntry, { share }: { share: boolean }): void {
  const { directory, name } = locate(files, below, entry.path, 0o755);
  const { uid, gid, mode, linkName = '', major = 0, minor = 0 } = entry;
  const mtimeNs = mtimeNsOf(entry);
  if (entry.type === 'hardlink') {
    const target = find(files, below, linkName);
    if (!target) throw new FsError('ENOENT', linkName);
    files.link(directory, name, target);
    return;
  }
  if (entry.type === 'symlink') {
    files.setAttributes(files.symlink(directory, name, linkName, { uid, gid }), { mtimeNs });
    return;
  }
  const inode = files.create(directory, name, typeBits[entry.type] | mode, { uid, gid }, { major, minor });
  // A copy where the bytes may be part of something larger, that would stay with them.
  if (entry.content && entry.content.length > 0) files.replaceContent(inode, share ? entry.content : entry.content.slice());
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) files.setXattr(inode, name, value, 'any');
  files.setAttributes(inode, { mtimeNs });
}

/** Removes what is at a path with everything below; nothing when absent. Not by recursion: how deep it goes is the guest's choice. */
export function removeAll(files: MemoryFs, from: Inode, path: string): void {
  const inode = find(files, from, path);
  if (!inode || inode === from) return;
  const left = [locate(files, from, path, 0o755)];
  for (let last = left.at(-1); last; last = left.at(-1)) {
    const { directory, name } = last;
    const at = files.lookup(directory, name);
    if (at.children && at.children.size > 0) {
      for (const child of at.children.keys()) left.push({ directory: at, name: child });
      continue;
    }
    left.pop();
    if (isDirectory(at)) files.removeDirectory(directory, name);
    else files.unlink(directory, name);
  }
}

/** The directory that holds a path's last name; made when absent. */
export function locate(files: MemoryFs, from: Inode, path: string, mode: number): { directory: Inode; name: string } {
  const names = splitPath(path);
  const name = names.pop();
  if (name === undefined) throw new FsError('EINVAL', path);
  return { directory: makeDirectories(files, from, names.join('/'), mode), name };
}
