/**
 * Turns a layer's tar into the entries that overlayfs mounts: paths made clean, deletions as overlay whiteouts, parents
 * before children. The archive is untrusted: what would leave the layer is refused.
 * Source: OCI image-spec layer.md; moby pkg/archive/diff.go; kernel overlayfs.rst.
 */
import { EngineError } from '../errors.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { readTar, type TarEntry } from './tar.ts';
import { wholeEntries } from './tar-stream.ts';

export interface UnpackedLayer {
  entries: LayerEntry[];
  /** Bytes in files and symlinks, as Docker counts a layer's size. */
  sizeBytes: number;
}

const whiteout = '.wh.';
const opaqueMarker = '.wh..wh..opq';
/** Other names with this prefix are aufs' own and mean nothing. */
const whiteoutMeta = '.wh..wh.';
const opaqueAttribute = 'trusted.overlay.opaque';
const maxEntries = 500_000;
const maxPathBytes = 4096;
const maxNameBytes = 255;
/** Entries that take another's place; each costs a look at all others, and real layers have none. */
const maxReplacements = 1000;

/** @throws EngineError `data-loss` for a damaged archive, `invalid-parameter` for one that reaches outside of itself */
export function unpackLayer(archive: Uint8Array | readonly Uint8Array[]): UnpackedLayer {
  return unpack(archive, new LayerBuilder({ whiteouts: true }));
}

/**
 * The entries of a tar that is no layer (a build context, an archive to add): names that a layer would take for deletions
 * are names, and what overlayfs would take for a deletion, a character device 0/0, cannot be made, as the kernel has it.
 */
export function unpackTree(archive: Uint8Array): UnpackedLayer {
  return unpack(archive, new LayerBuilder({ whiteouts: false }));
}

/** As unpackTree, of a tar that comes little by little: each file has a buffer of its own. */
export async function unpackTreeStream(archive: AsyncIterable<Uint8Array>): Promise<UnpackedLayer> {
  const layer = new LayerBuilder({ whiteouts: false });
  for await (const entry of wholeEntries(archive)) layer.add(entry);
  return layer.unpacked();
}

function unpack(archive: Uint8Array | readonly Uint8Array[], layer: LayerBuilder): UnpackedLayer {
  for (const entry of readTar(archive)) layer.add(entry);
  return layer.unpacked();
}

/** As a file system tells it: a symlink is as long as its target. */
function sizeOf({ type, content, linkName }: LayerEntry): number {
  if (type === 'symlink') return new TextEncoder().encode(linkName).length;
  return content?.length ?? 0;
}

class LayerBuilder {
  /** By path, parents before children; insertion order is the result's order. */
  readonly #entries = new Map<string, LayerEntry>();
  /** Files that hardlinks point to. */
  readonly #linked = new Set<string>();
  #count = 0;
  #replacements = 0;
  readonly #whiteouts: boolean;

  constructor({ whiteouts }: { whiteouts: boolean }) {
    this.#whiteouts = whiteouts;
  }

  unpacked(): UnpackedLayer {
    const entries = [...this.#entries.values()];
    return { entries, sizeBytes: entries.reduce((sum, entry) => sum + sizeOf(entry), 0) };
  }

  add(entry: TarEntry): void {
    if (++this.#count > maxEntries) throw refused(`layer has more than ${maxEntries} entries`);
    const path = cleanPath(entry.name);
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const directory = slash < 0 ? '' : path.slice(0, slash);
    if (this.#whiteouts && name.startsWith(whiteout)) this.#addWhiteout(directory, name, entry);
    else if (path === '') this.#addRoot(entry);
    else {
      this.#makeParents(directory, path);
      const made = this.#toLayerEntry(path, entry);
      if (!this.#whiteouts && isWhiteout(made)) throw refused(`mknod /${path}: operation not permitted`);
      this.#put(made);
    }
  }

  #addRoot(entry: TarEntry): void {
    if (entry.type === 'directory') this.#put(this.#toLayerEntry('', entry));
  }

  #addWhiteout(directory: string, name: string, entry: TarEntry): void {
    if (name === opaqueMarker) {
      this.#makeParents(directory, `${directory}/${name}`);
      const parent = this.#entries.get(directory) ?? implicitDirectory(directory);
      this.#entries.set(directory, { ...parent, xattrs: { ...parent.xattrs, [opaqueAttribute]: yes } });
      return;
    }
    if (name.startsWith(whiteoutMeta)) return;
    const target = name.slice(whiteout.length);
    if (target === '' || target === '.' || target === '..') throw refused(`invalid whiteout ${JSON.stringify(entry.name)}`);
    const path = directory === '' ? target : `${directory}/${target}`;
    // It deletes what lies below, not what this layer itself brings.
    if (this.#entries.has(path)) return;
    this.#makeParents(directory, path);
    this.#entries.set(path, { path, type: 'character', mode: 0, uid: 0, gid: 0, mtime: entry.mtime, major: 0, minor: 0 });
  }

  /** Directories that the archive does not name are made, as Docker makes them. */
  #makeParents(directory: string, forPath: string): void {
    if (directory === '') return;
    const known = this.#entries.get(directory);
    if (known && known.type === 'directory') return;
    if (known && !isWhiteout(known))
      throw refused(`${JSON.stringify(forPath)} is below ${JSON.stringify(directory)}, which is no directory`);
    const slash = directory.lastIndexOf('/');
    this.#makeParents(slash < 0 ? '' : directory.slice(0, slash), forPath);
    this.#put(implicitDirectory(directory));
  }

  #put(entry: LayerEntry): void {
    const before = this.#entries.get(entry.path);
    if (before && isWhiteout(before) && entry.type === 'directory') {
      // Deleted below and made anew here: nothing below may show through.
      entry.xattrs = { ...entry.xattrs, [opaqueAttribute]: yes };
    } else if (before?.type === 'directory' && entry.type === 'directory') {
      const opaque = before.xattrs?.[opaqueAttribute];
      if (opaque) entry.xattrs = { ...entry.xattrs, [opaqueAttribute]: opaque };
    } else if (before) this.#displace(before);
    this.#entries.set(entry.path, entry);
  }

  /** Something else takes an entry's place: what was below it goes, what was linked to it lives on under its other names. */
  #displace(before: LayerEntry): void {
    if (++this.#replacements > maxReplacements) throw refused(`layer replaces more than ${maxReplacements} of its own entries`);
    if (before.type === 'directory') {
      for (const path of [...this.#entries.keys()]) {
        if (!path.startsWith(`${before.path}/`)) continue;
        const below = this.#entries.get(path)!;
        this.#entries.delete(path);
        this.#promoteLinks(below);
      }
    }
    this.#promoteLinks(before);
  }

  #promoteLinks(target: LayerEntry): void {
    if (!this.#linked.delete(target.path)) return;
    let heir: string | undefined;
    for (const [path, entry] of this.#entries) {
      if (entry.type !== 'hardlink' || entry.linkName !== target.path) continue;
      if (heir === undefined) {
        heir = path;
        this.#entries.set(path, { ...target, path });
      } else {
        this.#entries.set(path, { ...entry, linkName: heir });
        this.#linked.add(heir);
      }
    }
  }

  #toLayerEntry(path: string, entry: TarEntry): LayerEntry {
    const { type, mode, uid, gid, mtime } = entry;
    if (uid < 0 || uid > 0xffffffff || gid < 0 || gid > 0xffffffff) throw new EngineError('data-loss', 'archive/tar: invalid tar header');
    const out: LayerEntry = { path, type, mode, uid, gid, mtime };
    const xattrs = Object.entries(entry.xattrs).filter(([name]) => !name.startsWith('trusted.'));
    if (xattrs.length > 0) out.xattrs = Object.fromEntries(xattrs);
    switch (type) {
      case 'file':
        out.content = entry.content;
        break;
      case 'symlink':
        if (byteLength(entry.linkName) > maxPathBytes) throw refused('file name too long');
        out.linkName = entry.linkName;
        break;
      case 'hardlink':
        out.linkName = this.#linkTarget(path, entry);
        break;
      case 'character':
      case 'block':
        out.major = entry.major;
        out.minor = entry.minor;
        break;
      case 'directory':
      case 'fifo':
    }
    return out;
  }

  /** The file that a hardlink stands for, past other hardlinks. */
  #linkTarget(path: string, entry: TarEntry): string {
    const bad = (): EngineError => refused(`invalid hardlink ${JSON.stringify(entry.name)} -> ${JSON.stringify(entry.linkName)}`);
    const named = this.#entries.get(cleanPath(entry.linkName));
    const target = named?.type === 'hardlink' ? this.#entries.get(named.linkName!) : named;
    if (!target || target.type === 'directory' || target.type === 'hardlink' || target.path === path || isWhiteout(target)) throw bad();
    this.#linked.add(target.path);
    return target.path;
  }
}

const yes = new TextEncoder().encode('y');

function isWhiteout(entry: LayerEntry): boolean {
  return entry.type === 'character' && entry.major === 0 && entry.minor === 0;
}

function implicitDirectory(path: string): LayerEntry {
  return { path, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

/** Without leading slash, `.` and empty parts. */
function cleanPath(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) throw refused(`${JSON.stringify(name)} is outside of "/"`);
      continue;
    }
    if (part.includes('\0') || byteLength(part) > maxNameBytes) throw refused(`invalid file name ${JSON.stringify(part.slice(0, 64))}`);
    parts.push(part);
  }
  const path = parts.join('/');
  if (byteLength(path) > maxPathBytes) throw refused('file name too long');
  return path;
}

/** As UTF-8. Only what is long enough to matter is looked at closely. */
function byteLength(text: string): number {
  return text.length * 3 <= maxNameBytes ? text.length : new TextEncoder().encode(text).length;
}

function refused(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
