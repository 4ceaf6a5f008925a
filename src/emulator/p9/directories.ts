/** Requests that read or change directories: mkdir, symlink, mknod, link, rename, unlink, readdir. */
import { FsError } from './errno.ts';
import type { Fid } from './fid-table.ts';
import { encodeName } from './file-name.ts';
import { FIRST_COOKIE, fileType, isDirectory, PERMISSION_MASK, typeOf, type Inode } from './inode.ts';
import type { MessageWriter } from './message.ts';
import { HEADER_BYTES, REMOVE_DIRECTORY } from './protocol.ts';
import type { P9Server, RequestHandler } from './server.ts';

/** Bytes of a directory entry without its name: qid, cookie, type, name's length. */
const ENTRY_BYTES = 13 + 8 + 1 + 2;
const nodeTypes: number[] = Object.values(fileType).filter((type) => type !== fileType.directory && type !== fileType.symlink);

export const directoryRequests = {
  mkdir(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const name = request.text();
    const mode = request.u32() & PERMISSION_MASK;
    reply.qid(server.tree.create(fid.inode, name, fileType.directory | mode, { uid: fid.uid, gid: request.u32() }));
  },

  symlink(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const name = request.text();
    const target = request.text();
    reply.qid(server.tree.symlink(fid.inode, name, target, { uid: fid.uid, gid: request.u32() }));
  },

  mknod(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const name = request.text();
    const mode = request.u32();
    const device = { major: request.u32(), minor: request.u32() };
    const type = mode & ~PERMISSION_MASK || fileType.regular;
    if (!nodeTypes.includes(type)) throw new FsError('EINVAL');
    const owner = { uid: fid.uid, gid: request.u32() };
    reply.qid(server.tree.create(fid.inode, name, type | (mode & PERMISSION_MASK), owner, device));
  },

  link(server, request) {
    const directory = server.fids.get(request.u32());
    const fid = server.fids.get(request.u32());
    server.tree.link(directory.inode, request.text(), fid.inode);
  },

  rename(server, request) {
    const fid = server.fids.get(request.u32());
    const target = server.fids.get(request.u32());
    const { directory, name } = placeOf(fid);
    server.tree.rename(directory, name, target.inode, request.text());
  },

  renameat(server, request) {
    const from = server.fids.get(request.u32());
    const oldName = request.text();
    const to = server.fids.get(request.u32());
    server.tree.rename(from.inode, oldName, to.inode, request.text());
  },

  unlinkat(server, request) {
    const fid = server.fids.get(request.u32());
    const name = request.text();
    if ((request.u32() & REMOVE_DIRECTORY) !== 0) server.tree.removeDirectory(fid.inode, name);
    else server.tree.unlink(fid.inode, name);
  },

  /** Removes the file and gives up the fid, even when the removal fails. */
  remove(server, request) {
    const number = request.u32();
    const fid = server.fids.get(number);
    try {
      const { directory, name } = placeOf(fid);
      if (isDirectory(fid.inode)) server.tree.removeDirectory(directory, name);
      else server.tree.unlink(directory, name);
    } finally {
      server.fids.drop(number);
    }
  },

  readdir(server, request, reply) {
    const fid = server.fids.get(request.u32());
    const after = request.size();
    const limit = Math.min(request.u32(), server.messageBytes - HEADER_BYTES - 4);
    if (!isDirectory(fid.inode)) throw new FsError('ENOTDIR');
    if (!fid.open) throw new FsError('EBADF');
    listInto(server, reply, fid.inode, after, limit);
  },
} satisfies Record<string, RequestHandler>;

function listInto(server: P9Server, reply: MessageWriter, directory: Inode, after: number, limit: number): void {
  reply.u32(0);
  let used = 0;
  for (const [name, inode, cookie] of entriesAfter(server, directory, after)) {
    const bytes = encodeName(name);
    if (used + ENTRY_BYTES + bytes.length > limit) {
      if (used === 0) throw new FsError('EINVAL', 'no room for one entry');
      break;
    }
    used += ENTRY_BYTES + bytes.length;
    reply
      .qid(inode)
      .u64(cookie)
      .u8(typeOf(inode) >> 12)
      .name(bytes);
  }
  reply.patchCount(used);
}

function* entriesAfter(server: P9Server, directory: Inode, after: number): Iterable<[string, Inode, number]> {
  if (after < 1) yield ['.', directory, 1];
  if (after < FIRST_COOKIE - 1) yield ['..', server.tree.parentOf(directory), FIRST_COOKIE - 1];
  for (const [name, { inode, cookie }] of directory.children ?? []) if (cookie > after) yield [name, inode, cookie];
}

function placeOf(fid: Fid): { directory: Inode; name: string } {
  if (!fid.inode.place) throw new FsError('ENOENT');
  return fid.inode.place;
}
