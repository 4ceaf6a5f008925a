/** A directory's files as entries of a layer, parents before children; sockets, which no archive has, are left out. */
import type { LayerEntry } from '#engine/image/layer-trees.ts';
import { fileType, isDirectory, typeOf, type DirectoryEntry, type Inode } from './inode.ts';

export const modeOf: Record<Exclude<LayerEntry['type'], 'hardlink'>, number> = {
  file: fileType.regular,
  directory: fileType.directory,
  symlink: fileType.symlink,
  character: fileType.character,
  block: fileType.block,
  fifo: fileType.fifo,
};
const typeName = new Map(Object.entries(modeOf).map(([name, type]) => [type, name as keyof typeof modeOf]));

/** Not by recursion: how deep it goes may be the guest's choice. */
export function* treeEntries(top: Inode): Iterable<LayerEntry> {
  /** Where each file with several names was first met. */
  const names = new Map<Inode, string>();
  const open: { prefix: string; children: Iterator<[string, DirectoryEntry]> }[] = [];
  const enter = (inode: Inode, prefix: string): void => {
    if (isDirectory(inode)) open.push({ prefix, children: inode.children[Symbol.iterator]() });
  };
  yield entryOf(top, '', names)!;
  enter(top, '');
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const next = last.children.next();
    if (next.done) {
      open.pop();
      continue;
    }
    const [name, { inode }] = next.value;
    const path = last.prefix + name;
    const entry = entryOf(inode, path, names);
    if (entry) yield entry;
    enter(inode, `${path}/`);
  }
}

function entryOf(inode: Inode, path: string, names: Map<Inode, string>): LayerEntry | undefined {
  const type = typeName.get(typeOf(inode));
  if (!type) return undefined;
  const common = { path, mode: inode.mode & 0o7777, uid: inode.uid, gid: inode.gid, mtime: Number(inode.mtimeNs / 1_000_000_000n) };
  const first = names.get(inode);
  if (first !== undefined) return { ...common, type: 'hardlink', linkName: first };
  if (inode.linkCount > 1 && !isDirectory(inode)) names.set(inode, path);
  return {
    ...common,
    type,
    ...(inode.content && { content: inode.content.bytes() }),
    ...(inode.target !== undefined && { linkName: inode.target }),
    ...((inode.major || inode.minor || type === 'character') && { major: inode.major, minor: inode.minor }),
    ...(inode.xattrs && { xattrs: Object.fromEntries(inode.xattrs) }),
  };
}
