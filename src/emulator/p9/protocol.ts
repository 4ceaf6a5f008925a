/**
 * Numbers of 9P2000.L as the Linux client sends them. A reply's type is the request's plus one.
 * Source: linux include/net/9p/9p.h; diod's protocol.md.
 */

export const message = {
  lerror: 6,
  statfs: 8,
  lopen: 12,
  lcreate: 14,
  symlink: 16,
  mknod: 18,
  rename: 20,
  readlink: 22,
  getattr: 24,
  setattr: 26,
  xattrwalk: 30,
  xattrcreate: 32,
  readdir: 40,
  fsync: 50,
  lock: 52,
  getlock: 54,
  link: 70,
  mkdir: 72,
  renameat: 74,
  unlinkat: 76,
  version: 100,
  attach: 104,
  flush: 108,
  walk: 110,
  read: 116,
  write: 118,
  clunk: 120,
  remove: 122,
} as const;

export const VERSION = '9P2000.L';
/** Size, type and tag. */
export const HEADER_BYTES = 7;
/** The client leaves this much of a message to headers. */
export const IO_HEADER_BYTES = 24;
export const MIN_MESSAGE_BYTES = 4096;
export const MAX_MESSAGE_BYTES = 512 * 1024;
export const NO_TAG = 0xffff;
export const MAX_WALK_NAMES = 16;

export const qidType = { directory: 0x80, symlink: 0x02, file: 0x00 } as const;

export const openFlag = { accessMode: 0o3, create: 0o100, exclusive: 0o200, truncate: 0o1000, append: 0o2000 } as const;

export const setattr = {
  mode: 0x001,
  uid: 0x002,
  gid: 0x004,
  size: 0x008,
  atime: 0x010,
  mtime: 0x020,
  ctime: 0x040,
  atimeSet: 0x080,
  mtimeSet: 0x100,
} as const;

/** All of `stat` but birth time, generation and data version. */
export const GETATTR_BASIC = 0x7ffn;
/** `unlinkat` removes a directory. */
export const REMOVE_DIRECTORY = 0x200;
export const xattrFlag = { create: 1, replace: 2 } as const;
export const lockType = { unlock: 2 } as const;
export const FILE_SYSTEM_MAGIC = 0x01021997;
