/**
 * A container's writable layer as LayerEntries. The directory that overlayfs writes to has them in overlay's terms
 * already; here they are put in order, and files with several names become hard links.
 */
import { EngineError } from '#engine/errors.ts';
import type { LayerEntry } from '#engine/image/layer-trees.ts';
import type { TreeFile, TreeHandlers } from '../agent/tree-stream.ts';

/** A sparse file may claim any size: more than memory can hold is refused before it is made room for. */
const MAX_CONTENT_BYTES = 1 << 30;
const MAX_FILES = 500_000;

export class LayerCollector implements TreeHandlers {
  readonly #files: { file: TreeFile; content: Uint8Array | undefined; key: string }[] = [];
  /** Content of files with several names, by identity: it comes under one of them. */
  readonly #linked = new Map<string, Uint8Array>();
  #bytes = 0;
  /** Where the content that is coming goes, and how much of it is there. */
  #current: { file: TreeFile; content: Uint8Array | undefined; length: number; filled: number } | undefined;

  file(file: TreeFile, contentBytes: number): void {
    if (this.#files.length >= MAX_FILES) throw new EngineError('system', 'the layer has too many files');
    if ((this.#bytes += contentBytes) > MAX_CONTENT_BYTES) throw new EngineError('system', `${file.path}: file too large`);
    if (file.type === 'socket') return;
    // Paths compare by their names: what is below a directory comes right behind it.
    this.#files.push({ file, content: contentBytes === 0 ? new Uint8Array(0) : undefined, key: file.path.replaceAll('/', '\0') });
    this.#current = contentBytes === 0 ? undefined : { file, content: undefined, length: contentBytes, filled: 0 };
  }

  content(bytes: Uint8Array): void {
    const current = this.#current;
    if (!current) throw new EngineError('system', 'content of no file');
    if (bytes.length === current.length) current.content = bytes;
    else (current.content ??= new Uint8Array(current.length)).set(bytes, current.filled);
    current.filled += bytes.length;
    if (current.filled < current.length) return;
    const content = current.content;
    this.#files[this.#files.length - 1]!.content = content;
    if (current.file.links > 1 && content) this.#linked.set(current.file.identity, content);
    this.#current = undefined;
  }

  /** Parents before children, names in the order of their code units. */
  entries(): LayerEntry[] {
    this.#files.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    const first = new Map<string, string>();
    return this.#files.map(({ file, content }) => this.#entry(file, content, first));
  }

  #entry(file: TreeFile, content: Uint8Array | undefined, first: Map<string, string>): LayerEntry {
    const { path, mode, uid, gid, seconds: mtime } = file;
    const common = { path, mode, uid, gid, mtime };
    // overlayfs gives all its deletions one inode.
    if (file.links > 1 && file.type !== 'directory' && !isDeletion(file)) {
      const linkName = first.get(file.identity);
      if (linkName !== undefined) return { ...common, type: 'hardlink', linkName };
      first.set(file.identity, path);
    }
    const entry: LayerEntry = { ...common, type: file.type as Exclude<TreeFile['type'], 'socket'> };
    if (file.type === 'file') entry.content = this.#linked.get(file.identity) ?? content ?? new Uint8Array(0);
    if (file.type === 'symlink') entry.linkName = file.target;
    if (file.type === 'character' || file.type === 'block') Object.assign(entry, { major: file.major, minor: file.minor });
    const xattrs = Object.entries(file.xattrs).filter(([name]) => name === opaque || !name.startsWith(overlayPrefix));
    if (xattrs.length > 0) entry.xattrs = Object.fromEntries(xattrs);
    return entry;
  }
}

/** Its other attributes are about the layers that this one lies on at the moment. */
const overlayPrefix = 'trusted.overlay.';
const opaque = `${overlayPrefix}opaque`;

function isDeletion({ type, major, minor }: TreeFile): boolean {
  return type === 'character' && major === 0 && minor === 0;
}
