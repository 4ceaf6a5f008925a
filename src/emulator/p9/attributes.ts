/** Requests on attributes: getattr, setattr, readlink. */
import { FsError } from './errno.ts';
import type { AttributeChange } from './file-tree.ts';
import { sizeOf } from './inode.ts';
import type { MessageReader, MessageWriter } from './message.ts';
import { GETATTR_BASIC, setattr } from './protocol.ts';
import type { RequestHandler } from './server.ts';

const BLOCK = 4096;
const SECOND_NS = 1_000_000_000n;

export const attributeRequests = {
  getattr(server, request, reply) {
    const { inode } = server.fids.get(request.u32());
    const size = sizeOf(inode);
    reply.u64(GETATTR_BASIC).qid(inode);
    reply.u32(inode.mode).u32(inode.uid).u32(inode.gid);
    reply.u64(inode.linkCount).u64(deviceNumber(inode.major, inode.minor));
    reply
      .u64(size)
      .u64(BLOCK)
      .u64(Math.ceil((inode.content?.allocatedBytes ?? size) / 512));
    for (const time of [inode.atimeNs, inode.mtimeNs, inode.ctimeNs]) writeTime(reply, time);
    reply.u64(0).u64(0).u64(0).u64(0);
  },

  setattr(server, request) {
    const { inode } = server.fids.get(request.u32());
    const valid = request.u32();
    const [mode, uid, gid] = [request.u32(), request.u32(), request.u32()];
    const size = request.u64();
    const [atime, mtime] = [readTime(request), readTime(request)];
    const change: AttributeChange = {};
    if (valid & setattr.mode) change.mode = mode;
    if (valid & setattr.uid) change.uid = uid;
    if (valid & setattr.gid) change.gid = gid;
    if (valid & setattr.size) {
      if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new FsError('EFBIG');
      change.sizeBytes = Number(size);
    }
    if (valid & setattr.atime) change.atimeNs = valid & setattr.atimeSet ? atime : 'now';
    if (valid & setattr.mtime) change.mtimeNs = valid & setattr.mtimeSet ? mtime : 'now';
    server.tree.setAttributes(inode, change);
  },

  readlink(server, request, reply) {
    const { inode } = server.fids.get(request.u32());
    if (inode.target === undefined) throw new FsError('EINVAL');
    reply.text(inode.target);
  },
} satisfies Record<string, RequestHandler>;

/** Linux's encoding of a device number in 32 bits (`new_encode_dev`). */
function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

function writeTime(reply: MessageWriter, timeNs: bigint): void {
  reply.u64(timeNs / SECOND_NS).u64(timeNs % SECOND_NS);
}

function readTime(request: MessageReader): bigint {
  return BigInt.asIntN(64, request.u64()) * SECOND_NS + (request.u64() % SECOND_NS);
}
