/** Requests on open files: lopen, lcreate, read, write, fsync, and advisory locks. */
import { FsError } from './errno.ts';
import type { Fid } from './fid-table.ts';
import { fileType, isDirectory, PERMISSION_MASK, type Inode } from './inode.ts';
import type { MessageWriter } from './message.ts';
import { HEADER_BYTES, IO_HEADER_BYTES, lockType, openFlag } from './protocol.ts';
import type { P9Server, RequestHandler } from './server.ts';
import { readXattr, writeXattr } from './xattrs.ts';

export const fileRequests = {
  lopen(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const flags = request.u32();
    if (fid.open || fid.xattr) throw new FsError('EBADF', 'already open');
    if (isDirectory(fid.inode) && (flags & openFlag.accessMode) !== 0) throw new FsError('EISDIR');
    open(server, fid, fid.inode, flags, reply);
  },

  /** Makes and opens a file; the directory's fid becomes the file's. */
  lcreate(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const name = request.text();
    const flags = request.u32();
    const mode = request.u32() & PERMISSION_MASK;
    const gid = request.u32();
    if (fid.open || fid.xattr) throw new FsError('EBADF', 'already open');
    const existing = isDirectory(fid.inode) ? fid.inode.children.get(name)?.inode : undefined;
    if (existing && (flags & openFlag.exclusive) !== 0) throw new FsError('EEXIST');
    if (existing && isDirectory(existing)) throw new FsError('EISDIR');
    const inode = existing ?? server.tree.create(fid.inode, name, fileType.regular | mode, { uid: fid.uid, gid });
    open(server, fid, inode, flags, reply);
  },

  read(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const offset = request.size();
    const count = Math.min(request.u32(), server.messageBytes - HEADER_BYTES - 4);
    const { xattr } = fid;
    if (xattr) {
      reply.counted(count, (target) => readXattr(xattr, offset, target));
      return;
    }
    if (!fid.open) throw new FsError('EBADF');
    reply.counted(count, (target) => server.tree.read(fid.inode, offset, target));
  },

  write(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const offset = request.size();
    const bytes = request.bytes(request.u32());
    if (fid.xattr) {
      writeXattr(fid.xattr, offset, bytes);
    } else {
      if (!fid.open) throw new FsError('EBADF');
      server.tree.write(fid.inode, fid.open.append ? (fid.inode.content?.sizeBytes ?? 0) : offset, bytes);
    }
    reply.u32(bytes.length);
  },

  fsync(server, request) {
    server.fids.get(request.u32());
  },

  /** All lockers are in one guest, whose kernel has settled it among them before it asks. */
  lock(server, request, reply) {
    server.fids.get(request.u32());
    reply.u8(0);
  },

  getlock(server, request, reply) {
    server.fids.get(request.u32());
    request.u8();
    const [start, length, process] = [request.u64(), request.u64(), request.u32()];
    reply.u8(lockType.unlock).u64(start).u64(length).u32(process).text(request.text());
  },
} satisfies Record<string, RequestHandler>;

function open(server: P9Server, fid: Fid, inode: Inode, flags: number, reply: MessageWriter): void {
  if ((flags & openFlag.truncate) !== 0 && inode.content && inode.content.sizeBytes > 0) server.tree.setAttributes(inode, { sizeBytes: 0 });
  server.fids.move(fid, inode);
  fid.open = { append: (flags & openFlag.append) !== 0 };
  reply.qid(inode).u32(server.messageBytes - IO_HEADER_BYTES);
}
