/**
 * The file system of a fake container: an image's entries (or a small built-in root) below one
 * writable map. Enough for `ls`, `cat`, `touch` and redirections; no permissions but the executable bit.
 */
import type { LayerEntry, LayerTrees } from '../../image/layer-trees.ts';

export interface FakeNode {
  type: 'file' | 'directory';
  mode: number;
  content: string;
  /** Name of the program that stands for this executable: the last path component of what a link leads to. */
  program?: string;
}

export class FakeFiles {
  readonly #base: ReadonlyMap<string, FakeNode>;
  readonly #own = new Map<string, FakeNode | null>();
  /** Other files by the path where they show; the deepest first. */
  #mounts: { at: string; files: FakeFiles }[] = [];

  constructor(base: ReadonlyMap<string, FakeNode>) {
    this.#base = base;
  }

  /** Shows other files at a path, which need not exist. */
  mount(at: string, files: FakeFiles): void {
    // Of several at one place the last one shows.
    this.#mounts.unshift({ at, files });
    this.#mounts.sort((a, b) => b.at.length - a.at.length);
  }

  unmount(at: string): void {
    const last = this.#mounts.findIndex((mount) => mount.at === at);
    if (last >= 0) this.#mounts.splice(last, 1);
  }

  unmountAll(): void {
    this.#mounts = [];
  }

  #mounted = (path: string): { files: FakeFiles; path: string } | undefined => {
    const found = this.#mounts.find(({ at }) => path === at || path.startsWith(`${at}/`));
    return found && { files: found.files, path: path.slice(found.at.length) || '/' };
  };

  get(path: string): FakeNode | undefined {
    const mounted = this.#mounted(path);
    if (mounted) return mounted.files.get(mounted.path);
    const own = this.#own.get(path);
    if (own !== undefined) return own ?? undefined;
    return this.#base.get(path);
  }

  write(path: string, content: string, append = false): void {
    const mounted = this.#mounted(path);
    if (mounted) return mounted.files.write(mounted.path, content, append);
    const before = append ? (this.get(path)?.content ?? '') : '';
    this.#own.set(path, { type: 'file', mode: this.get(path)?.mode ?? 0o644, content: before + content });
  }

  setMode(path: string, mode: number): void {
    const mounted = this.#mounted(path);
    if (mounted) return mounted.files.setMode(mounted.path, mode);
    const node = this.get(path);
    if (node) this.#own.set(path, { ...node, mode });
  }

  makeDirectory(path: string): void {
    const mounted = this.#mounted(path);
    if (mounted) return mounted.files.makeDirectory(mounted.path);
    this.#own.set(path, { type: 'directory', mode: 0o755, content: '' });
  }

  /** Like `mkdir -p`. */
  makeDirectories(path: string): void {
    if (this.get(path)) return;
    const parent = parentOf(path);
    if (parent !== path) this.makeDirectories(parent);
    this.makeDirectory(path);
  }

  remove(path: string): void {
    const mounted = this.#mounted(path);
    if (mounted) return mounted.files.remove(mounted.path);
    for (const below of this.#paths()) if (below === path || below.startsWith(path + '/')) this.#own.set(below, null);
  }

  list(directory: string): string[] {
    const mounted = this.#mounted(directory);
    if (mounted) return mounted.files.list(mounted.path);
    const prefix = directory === '/' ? '/' : directory + '/';
    const names = new Set<string>();
    for (const path of this.#paths()) {
      if (path.startsWith(prefix) && path !== prefix) names.add(path.slice(prefix.length).split('/')[0] as string);
    }
    return [...names].sort();
  }

  /** Bytes that the container wrote. */
  ownSizeBytes(): number {
    let size = 0;
    for (const node of this.#own.values()) size += node?.content.length ?? 0;
    return size;
  }

  /** What the container wrote and removed, in overlay's terms, with the directories on the way. */
  ownEntries(): LayerEntry[] {
    const entries = new Map<string, LayerEntry>();
    for (const [path, node] of this.#own) {
      if (!node && !this.#base.has(path)) continue;
      for (let parent = parentOf(path); !entries.has(parent); parent = parentOf(parent)) {
        entries.set(parent, entryOf(parent, this.get(parent)));
        if (parent === '/') break;
      }
      entries.set(path, entryOf(path, node ?? undefined));
    }
    // What lies below something removed is not mentioned.
    const removed = (path: string): boolean => entries.get(path)?.type === 'character';
    const key = (entry: LayerEntry): string => entry.path.replaceAll('/', '\0');
    return [...entries]
      .filter(([path]) => path === '/' || !removed(parentOf(path)))
      .map(([, entry]) => entry)
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** The same files from a directory on; what is written there is written here. */
  below(path: string): FakeFiles {
    if (path === '') return this;
    const part = new FakeFiles(new Map());
    part.#mounted = (inner) => ({ files: this, path: inner === '/' ? path : path + inner });
    return part;
  }

  *#paths(): Iterable<string> {
    for (const path of this.#base.keys()) if (this.get(path)) yield path;
    for (const [path, node] of this.#own) if (node && !this.#base.has(path)) yield path;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** @param node undefined for what was removed */
function entryOf(path: string, node: FakeNode | undefined): LayerEntry {
  const common = { path: path.slice(1), uid: 0, gid: 0, mtime: 0 };
  if (!node) return { ...common, type: 'character', mode: 0, major: 0, minor: 0 };
  const entry: LayerEntry = { ...common, type: node.type, mode: node.mode };
  return node.type === 'file' ? { ...entry, content: new TextEncoder().encode(node.content) } : entry;
}

/** Joins and cleans a path as a shell would. */
export function resolvePath(cwd: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return '/' + parts.join('/');
}

/** The entries of an image's layers, topmost first, as one map. */
export function filesOfLayers(trees: LayerTrees, diffIds: string[]): Map<string, FakeNode> {
  const files = new Map<string, FakeNode>([['/', { type: 'directory', mode: 0o755, content: '' }]]);
  const links = new Map<string, string>();
  for (const diffId of [...diffIds].reverse()) {
    for (const entry of trees.entries(diffId) ?? []) applyEntry(files, links, entry);
  }
  for (const [path, target] of links) {
    let at = target;
    for (let hop = 0; hop < 8 && links.has(at); hop++) at = links.get(at) as string;
    const node = files.get(at);
    if (node) files.set(path, { ...node, program: path.split('/').at(-1) as string });
  }
  return files;
}

function applyEntry(files: Map<string, FakeNode>, links: Map<string, string>, entry: LayerEntry): void {
  const path = '/' + entry.path;
  links.delete(path);
  if (entry.type === 'character' && entry.major === 0 && entry.minor === 0) files.delete(path);
  else if (entry.type === 'directory') files.set(path, { type: 'directory', mode: entry.mode, content: '' });
  else if (entry.type === 'file') files.set(path, { type: 'file', mode: entry.mode, content: new TextDecoder().decode(entry.content) });
  else if (entry.type === 'symlink') links.set(path, resolvePath(path.slice(0, path.lastIndexOf('/')), entry.linkName ?? ''));
  else if (entry.type === 'hardlink') links.set(path, '/' + (entry.linkName ?? ''));
}

/** A root file system like busybox's, for tests that have no image. */
export function builtInRoot(programs: Iterable<string>): Map<string, FakeNode> {
  const files = new Map<string, FakeNode>();
  for (const path of ['/', '/bin', '/dev', '/etc', '/home', '/proc', '/root', '/sys', '/tmp', '/usr', '/usr/bin', '/usr/sbin', '/var']) {
    files.set(path, { type: 'directory', mode: 0o755, content: '' });
  }
  const file = (path: string, content: string): Map<string, FakeNode> => files.set(path, { type: 'file', mode: 0o644, content });
  file(
    '/etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
  );
  file('/etc/group', 'root:x:0:\ndaemon:x:1:\nwheel:x:10:root\nnobody:x:65534:\n');
  for (const name of programs) files.set(`/bin/${name}`, { type: 'file', mode: 0o755, content: '', program: name });
  return files;
}
