/** Requests about the conversation itself: version, attach, walk, clunk, flush, statfs. */
import { FsError } from './errno.ts';
import { isDirectory, type Inode } from './inode.ts';
import { FILE_SYSTEM_MAGIC, MAX_MESSAGE_BYTES, MAX_WALK_NAMES, MIN_MESSAGE_BYTES, VERSION } from './protocol.ts';
import type { P9Server, RequestHandler } from './server.ts';
import { finishXattr } from './xattrs.ts';

const BLOCK = 4096;

export const sessionRequests = {
  /** Starts anew: all fids are forgotten. */
  version(server, request, reply) {
    const wanted = request.u32();
    const version = request.text();
    if (wanted < MIN_MESSAGE_BYTES) throw new FsError('EINVAL', 'message size too small');
    server.fids.clear();
    server.messageBytes = Math.min(wanted, MAX_MESSAGE_BYTES);
    reply.u32(server.messageBytes).text(version === VERSION ? VERSION : 'unknown');
  },

  /** `aname` may name a directory of the tree to serve as the mount's root. */
  attach(server, request, reply) {
    const number = request.u32();
    request.u32(); // afid: there is no authentication
    request.text(); // user name
    const path = request.text();
    const uid = request.u32();
    let inode = server.tree.root;
    for (const name of path.split('/').filter((part) => part !== '')) inode = step(server, inode, name);
    server.fids.set(number, { inode, uid: uid === 0xffffffff ? 0 : uid });
    reply.qid(inode);
  },

  /** The new fid comes to be only when every name was found; otherwise the reply says how far it went. */
  walk(server, request, reply) {
    const number = request.u32();
    const newNumber = request.u32();
    const fid = server.fids.get(number);
    const count = request.u16();
    if (count > MAX_WALK_NAMES) throw new FsError('EINVAL');
    const names = Array.from({ length: count }, () => request.text());
    const found: Inode[] = [];
    let at = fid.inode;
    for (const name of names) {
      try {
        at = step(server, at, name);
      } catch (error) {
        if (found.length === 0) throw error;
        break;
      }
      found.push(at);
    }
    if (found.length === count) server.fids.set(newNumber, { inode: at, uid: fid.uid }, newNumber === number);
    reply.u16(found.length);
    for (const inode of found) reply.qid(inode);
  },

  clunk(server, request) {
    const number = request.u32();
    const fid = server.fids.get(number);
    try {
      finishXattr(server, fid);
    } finally {
      server.fids.drop(number);
    }
  },

  /** Every request was answered at once, so there is nothing to flush. */
  flush(_server, request) {
    request.u16();
  },

  statfs(server, request, reply) {
    server.fids.get(request.u32());
    const { limitBytes, usedBytes, limitInodes, usedInodes } = server.tree.usage();
    const free = Math.floor(Math.max(0, limitBytes - usedBytes) / BLOCK);
    reply.u32(FILE_SYSTEM_MAGIC).u32(BLOCK);
    reply
      .u64(Math.ceil(limitBytes / BLOCK))
      .u64(free)
      .u64(free);
    reply.u64(limitInodes).u64(limitInodes - usedInodes);
    reply.u64(0).u32(255);
  },
} satisfies Record<string, RequestHandler>;

function step(server: P9Server, inode: Inode, name: string): Inode {
  if (!isDirectory(inode)) throw new FsError('ENOTDIR');
  if (name === '..') return server.tree.parentOf(inode);
  return name === '.' ? inode : server.tree.lookup(inode, name);
}
