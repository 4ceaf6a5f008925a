/**
 * Writes the entries of a layer or file tree as a tar: ustar headers, PAX records where those do not reach,
 * overlay's deletions as OCI whiteouts. Contents are passed on as they are, not copied.
 * Source: POSIX pax; OCI image-spec layer.md; moby pkg/archive.
 */
import { concatBytes } from '../bytes.ts';
import type { LayerEntry } from '../image/layer-trees.ts';

const block = 512;
const encoder = new TextEncoder();
const overlayPrefix = 'trusted.overlay.';
const opaqueAttribute = `${overlayPrefix}opaque`;
/** What fits an octal field of 8 bytes, and the size field's 12. */
const maxOctal7 = 0o7777777;
const maxOctal11 = 0o77777777777;

/** Pieces of an archive of these entries, with its end; the root itself is left out. */
export function packTar(entries: Iterable<LayerEntry>): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const entry of entries) if (entry.path !== '') pieces.push(...tarPieces(entry));
  pieces.push(endOfTar);
  return pieces;
}

/** Two empty blocks. */
export const endOfTar = new Uint8Array(2 * block);

/** The pieces that stand for one entry: headers, content, padding. */
export function tarPieces(entry: LayerEntry): Uint8Array[] {
  if (isWhiteout(entry)) return [whiteoutHeader(entry)];
  const xattrs = Object.entries(entry.xattrs ?? {}).filter(([name]) => !name.startsWith(overlayPrefix));
  const pieces = filePieces(entry, xattrs);
  if (entry.xattrs?.[opaqueAttribute]) {
    const { path, mode, uid, gid } = entry;
    pieces.push(...filePieces({ path: `${path}/.wh..wh..opq`, type: 'file', mode: mode & 0o777, uid, gid, mtime: 0 }, []));
  }
  return pieces;
}

/** A deletion in overlay's terms. */
export function isWhiteout({ type, major, minor }: LayerEntry): boolean {
  return type === 'character' && !major && !minor;
}

function whiteoutHeader(entry: LayerEntry): Uint8Array {
  const slash = entry.path.lastIndexOf('/') + 1;
  const path = `${entry.path.slice(0, slash)}.wh.${entry.path.slice(slash)}`;
  const pieces = filePieces({ path, type: 'file', mode: 0o600, uid: entry.uid, gid: entry.gid, mtime: entry.mtime }, []);
  return pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
}

const flags: Record<LayerEntry['type'], string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

function filePieces(entry: LayerEntry, xattrs: [string, Uint8Array][]): Uint8Array[] {
  const content = entry.type === 'file' ? (entry.content ?? new Uint8Array()) : new Uint8Array();
  const pieces = headerPieces(entry, xattrs, content.length);
  if (content.length > 0) pieces.push(content, ...tarPadding(content.length));
  return pieces;
}

/** What precedes so many bytes of content, which the caller passes on, with `tarPadding` behind them. */
export function tarHeader(entry: LayerEntry, sizeBytes: number): Uint8Array[] {
  return headerPieces(entry, Object.entries(entry.xattrs ?? {}), sizeBytes);
}

/** The zeros behind content, if any. */
export function tarPadding(sizeBytes: number): Uint8Array[] {
  const rest = sizeBytes % block;
  return rest > 0 ? [endOfTar.subarray(0, block - rest)] : [];
}

function headerPieces(entry: LayerEntry, xattrs: [string, Uint8Array][], sizeBytes: number): Uint8Array[] {
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const linkName = entry.type === 'symlink' || entry.type === 'hardlink' ? (entry.linkName ?? '') : '';
  const records: Uint8Array[] = [];
  if (!fits(name)) records.push(paxRecord('path', encoder.encode(name)));
  if (!fits(linkName)) records.push(paxRecord('linkpath', encoder.encode(linkName)));
  for (const [key, value] of [
    ['uid', entry.uid],
    ['gid', entry.gid],
  ] as const) {
    if (value > maxOctal7) records.push(paxRecord(key, encoder.encode(String(value))));
  }
  if (entry.mtime < 0 || entry.mtime > maxOctal11) records.push(paxRecord('mtime', encoder.encode(String(entry.mtime))));
  for (const [key, value] of xattrs) records.push(paxRecord(`SCHILY.xattr.${key}`, value));

  const pieces: Uint8Array[] = [];
  if (records.length > 0) {
    const body = concatBytes(records);
    pieces.push(header({ name: `PaxHeaders.0/${baseOf(entry.path)}`, flag: 'x', mode: 0o644, size: body.length }), padded(body));
  }
  pieces.push(
    header({
      name,
      flag: flags[entry.type],
      mode: entry.mode,
      size: sizeBytes,
      uid: entry.uid > maxOctal7 ? 0 : entry.uid,
      gid: entry.gid > maxOctal7 ? 0 : entry.gid,
      mtime: entry.mtime < 0 || entry.mtime > maxOctal11 ? 0 : entry.mtime,
      linkName,
      ...(entry.type === 'character' || entry.type === 'block' ? { major: entry.major ?? 0, minor: entry.minor ?? 0 } : {}),
    }),
  );
  return pieces;
}

/** Whether a name needs no PAX record: short, and without letters that old readers do not know. */
function fits(name: string): boolean {
  return name.length <= 100 && /^[\x20-\x7e]*$/.test(name);
}

function baseOf(path: string): string {
  const base = path.slice(path.lastIndexOf('/') + 1).replace(/[^\x20-\x7e]/g, '_');
  return base.slice(0, 80);
}

/** `length key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const head = encoder.encode(` ${key}=`);
  let length = head.length + value.length + 1;
  length += String(length + String(length).length).length;
  return concatBytes([encoder.encode(String(length)), head, value, encoder.encode('\n')]);
}

function padded(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(body.length / block) * block);
  out.set(body);
  return out;
}

interface HeaderFields {
  name: string;
  flag: string;
  mode: number;
  size: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  linkName?: string;
  major?: number;
  minor?: number;
}

function header({ name, flag, mode, size, uid = 0, gid = 0, mtime = 0, linkName = '', major, minor }: HeaderFields): Uint8Array {
  const out = new Uint8Array(block);
  const text = (at: number, length: number, value: string): void => out.set(encoder.encode(value).subarray(0, length), at);
  const octal = (at: number, length: number, value: number): void => text(at, length - 1, value.toString(8).padStart(length - 1, '0'));
  text(0, 100, name);
  octal(100, 8, mode);
  octal(108, 8, uid);
  octal(116, 8, gid);
  octal(124, 12, size);
  octal(136, 12, mtime);
  text(156, 1, flag);
  text(157, 100, linkName);
  text(257, 8, 'ustar\x0000');
  if (major !== undefined) octal(329, 8, major);
  if (minor !== undefined) octal(337, 8, minor);
  out.fill(0x20, 148, 156);
  text(
    148,
    8,
    `${out
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  );
  return out;
}
