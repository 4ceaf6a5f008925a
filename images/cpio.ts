// The archive format of an initramfs (cpio "newc"): written with nothing but names, modes and contents in it, so that the
// same tree always gives the same bytes; and read back, for tests and to take parts out again.

/** A file of the guest's root. Everything belongs to root and dates from 1970. */
export interface CpioEntry {
  /** Without leading slash. */
  path: string;
  /** File type and permission bits, as in stat. */
  mode: number;
  /** Contents, or the target of a symbolic link. */
  bytes: Uint8Array;
  /** Paths of hard links to this file. */
  links?: string[];
}

export const directory = 0o040000;
export const regular = 0o100000;
export const symlink = 0o120000;

const magic = '070701';
const headerBytes = 110;
const trailer = 'TRAILER!!!';

/** Directories first, as a hard link may lie in any of them; each kind in the order of the paths. */
export function writeCpio(entries: CpioEntry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let inode = 0;
  const rank = (entry: CpioEntry): string => `${entry.mode & directory ? 0 : 1}${entry.path}`;
  for (const entry of [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))) {
    inode++;
    const names = [...(entry.links ?? [])].sort();
    // The contents stand with the last of the linked names.
    for (const name of names) chunks.push(record(inode, name, entry.mode, names.length + 1, new Uint8Array()));
    chunks.push(record(inode, entry.path, entry.mode, names.length + 1, entry.bytes));
  }
  chunks.push(record(0, trailer, 0, 1, new Uint8Array()));
  return Buffer.concat(chunks);
}

/** The reverse of {@link writeCpio}; hard links are gathered again. */
export function readCpio(archive: Uint8Array): CpioEntry[] {
  const text = (start: number, end: number): string => Buffer.from(archive.subarray(start, end)).toString('latin1');
  const byInode = new Map<number, CpioEntry>();
  let offset = 0;
  for (;;) {
    if (text(offset, offset + 6) !== magic) throw new Error(`not a newc header at ${offset}`);
    const field = (index: number): number => parseInt(text(offset + 6 + index * 8, offset + 14 + index * 8), 16);
    const [inode, mode, sizeBytes, nameBytes] = [field(0), field(1), field(6), field(11)];
    const path = text(offset + headerBytes, offset + headerBytes + nameBytes - 1);
    if (path === trailer) return [...byInode.values()];
    const start = pad4(offset + headerBytes + nameBytes);
    const bytes = archive.subarray(start, start + sizeBytes);
    const before = byInode.get(inode);
    if (!before) byInode.set(inode, { path, mode, bytes });
    else byInode.set(inode, { path, mode, bytes, links: [...(before.links ?? []), before.path] });
    offset = pad4(start + sizeBytes);
  }
}

function record(inode: number, path: string, mode: number, linkCount: number, bytes: Uint8Array): Uint8Array {
  const name = Buffer.from(`${path}\0`, 'latin1');
  const fields = [inode, mode, 0, 0, linkCount, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const out = Buffer.alloc(pad4(pad4(headerBytes + name.length) + bytes.length));
  out.write(magic + fields.map((field) => field.toString(16).padStart(8, '0')).join(''), 'latin1');
  name.copy(out, headerBytes);
  out.set(bytes, pad4(headerBytes + name.length));
  return out;
}

const pad4 = (offset: number): number => (offset + 3) & ~3;
