/**
 * Extended attributes in 9P: walking to an attribute gives a fid that reads its value; creating one gives
 * a fid that collects the value and sets it when the fid is given up.
 */
import { FsError } from './errno.ts';
import type { Fid, XattrFid } from './fid-table.ts';
import { encodeName } from './file-name.ts';
import { xattrFlag } from './protocol.ts';
import type { P9Server, RequestHandler } from './server.ts';

const MAX_VALUE_BYTES = 64 * 1024;
/** The attributes that are kept; the kernel does not ask for others, or is told that there are none. */
const PREFIXES = ['user.', 'trusted.', 'security.'];

export const xattrRequests = {
  /** An empty name lists all names, each followed by a NUL. */
  xattrwalk(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const number = request.u32();
    const name = request.text();
    const attributes = fid.inode.xattrs;
    const value = name === '' ? encodeName([...(attributes?.keys() ?? [])].map((key) => `${key}\0`).join('')) : attributes?.get(name);
    if (!value) throw new FsError('ENODATA');
    server.fids.set(number, { inode: fid.inode, uid: fid.uid, xattr: { kind: 'read', value } });
    reply.u64(value.length);
  },

  xattrcreate(server, request) {
    const fid = server.fids.get(request.u32());
    const name = request.text();
    const size = request.size();
    const flags = request.u32();
    if (fid.open || fid.xattr) throw new FsError('EBADF');
    if (!PREFIXES.some((prefix) => name.startsWith(prefix))) throw new FsError('EOPNOTSUPP');
    if (size > MAX_VALUE_BYTES) throw new FsError('ENOSPC');
    const rule = flags & xattrFlag.create ? 'create' : flags & xattrFlag.replace ? 'replace' : 'any';
    fid.xattr = { kind: 'write', name, value: new Uint8Array(size), filled: 0, rule };
  },
} satisfies Record<string, RequestHandler>;

export function readXattr(xattr: XattrFid, offset: number, target: Uint8Array): number {
  if (xattr.kind !== 'read') throw new FsError('EBADF');
  const part = xattr.value.subarray(Math.min(offset, xattr.value.length), Math.min(offset + target.length, xattr.value.length));
  target.set(part);
  return part.length;
}

export function writeXattr(xattr: XattrFid, offset: number, bytes: Uint8Array): void {
  if (xattr.kind !== 'write') throw new FsError('EBADF');
  if (offset !== xattr.filled || offset + bytes.length > xattr.value.length) throw new FsError('ERANGE');
  xattr.value.set(bytes, offset);
  xattr.filled += bytes.length;
}

/** Sets what was collected; a value of no bytes removes the attribute, as Linux' client means it. */
export function finishXattr(server: P9Server, fid: Fid): void {
  if (fid.xattr?.kind !== 'write') return;
  const { name, value, filled, rule } = fid.xattr;
  if (filled !== value.length) throw new FsError('EINVAL', 'attribute value incomplete');
  server.tree.setXattr(fid.inode, name, value.length > 0 ? value : undefined, rule);
}
