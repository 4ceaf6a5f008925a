/* Operations on single files and directories, relative to where the agent is at the moment. */
#include "agent.h"

#define OPEN_SAFELY (O_CLOEXEC | O_NOCTTY | O_NONBLOCK) /* a pipe or terminal at the path must not hold the agent up */

static int mkdir_parents(const char *path, int mode) {
  char prefix[1024];
  u32 length = text_length(path);
  if (length >= sizeof prefix) return -ENAMETOOLONG;
  for (u32 i = 1; i <= length; i++) {
    if (path[i] != '/' && path[i]) continue;
    memcpy(prefix, path, i);
    prefix[i] = 0;
    int result = sys_mkdir(prefix, mode);
    if (result == -EEXIST) {
      /* Only a directory (or a link to one) may be there already. */
      struct statx stat;
      int found = sys_statx(AT_FDCWD, prefix, 0, &stat);
      if (found < 0) return found;
      if (!S_ISDIR(stat.stx_mode)) return -ENOTDIR;
    } else if (result < 0)
      return result;
  }
  return 0;
}

int op_mkdir(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u32 mode = get_u32(reader);
  u8 parents = get_u8(reader);
  if (reader->bad) return -EINVAL;
  SYS(umask, 0);
  return parents ? mkdir_parents(path, mode) : sys_mkdir(path, mode);
}

int op_write(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u32 mode = get_u32(reader), length;
  u8 flags = get_u8(reader);
  const u8 *bytes = get_bytes(reader, &length);
  if (reader->bad) return -EINVAL;
  int how = O_WRONLY | OPEN_SAFELY;
  if (flags & 1) how |= O_APPEND;
  if (flags & 2) how |= O_EXCL;
  if (!(flags & 4)) how |= O_CREAT; /* 4: an existing file such as a kernel setting, written as it is */
  if (!(flags & (1 | 4))) how |= O_TRUNC;
  SYS(umask, 0);
  int fd = sys_open(path, how, mode);
  if (fd < 0) return fd;
  int result = length ? write_fully(fd, bytes, length) : 0;
  sys_close(fd);
  return result;
}

int op_read(struct reader *reader, struct writer *writer) {
  const char *path = get_string(reader);
  u64 offset = get_u64(reader);
  u32 max = get_u32(reader);
  if (reader->bad) return -EINVAL;
  int fd = sys_open(path, O_RDONLY | OPEN_SAFELY, 0), got = 0;
  if (fd < 0) return fd;
  u32 length = 0;
  while (length < max) {
    u32 room = min(max - length, (u32)(writer->end - writer->at));
    if (!room) {
      got = -EOVERFLOW;
      break;
    }
    got = offset ? sys_pread(fd, writer->at, room, offset + length) : sys_read(fd, writer->at, room);
    if (got <= 0) break;
    writer->at += got;
    length += got;
  }
  sys_close(fd);
  return got < 0 ? got : 0;
}

int op_stat(struct reader *reader, struct writer *writer) {
  const char *path = get_string(reader);
  u8 follow = get_u8(reader);
  if (reader->bad) return -EINVAL;
  struct statx stat;
  int result = sys_statx(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, &stat);
  if (result < 0) return result;
  put_u32(writer, stat.stx_mode);
  put_u32(writer, stat.stx_uid);
  put_u32(writer, stat.stx_gid);
  put_u32(writer, stat.stx_nlink);
  put_u64(writer, stat.stx_size);
  put_u64(writer, stat.stx_ino);
  put_u64(writer, stat.stx_mtime.tv_sec);
  put_u32(writer, stat.stx_mtime.tv_nsec);
  put_u32(writer, stat.stx_rdev_major);
  put_u32(writer, stat.stx_rdev_minor);
  char target[1024];
  int length = S_ISLNK(stat.stx_mode) && !follow ? SYS(readlinkat, AT_FDCWD, path, target, sizeof target - 1) : 0;
  put_bytes(writer, target, length > 0 ? length : 0);
  put_u32(writer, stat.stx_dev_major);
  put_u32(writer, stat.stx_dev_minor);
  put_u64(writer, stat.stx_mnt_id);
  return 0;
}

int op_readdir(struct reader *reader, struct writer *writer) {
  const char *path = get_string(reader);
  if (reader->bad) return -EINVAL;
  int fd = sys_open(path, O_RDONLY | O_DIRECTORY | OPEN_SAFELY, 0), length;
  if (fd < 0) return fd;
  char entries[4096];
  while ((length = sys_getdents(fd, entries, sizeof entries)) > 0) {
    for (int at = 0; at < length;) {
      struct directory_entry *entry = (struct directory_entry *)(entries + at);
      at += entry->length;
      if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
      put_u8(writer, entry->type);
      put_string(writer, entry->name);
    }
  }
  sys_close(fd);
  return length;
}

int op_symlink(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *target = get_string(reader), *path = get_string(reader);
  return reader->bad ? -EINVAL : SYS(symlinkat, target, AT_FDCWD, path);
}

int op_unlink(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u8 directory = get_u8(reader);
  return reader->bad ? -EINVAL : SYS(unlinkat, AT_FDCWD, path, directory ? AT_REMOVEDIR : 0);
}

int op_rename(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *from = get_string(reader), *to = get_string(reader);
  return reader->bad ? -EINVAL : SYS(renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int op_chown(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u32 uid = get_u32(reader), gid = get_u32(reader);
  return reader->bad ? -EINVAL : SYS(fchownat, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

int op_chmod(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u32 mode = get_u32(reader);
  return reader->bad ? -EINVAL : SYS(fchmodat, AT_FDCWD, path, mode);
}

int op_mknod(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u32 mode = get_u32(reader), major = get_u32(reader), minor = get_u32(reader);
  u32 device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffu) << 12;
  SYS(umask, 0);
  return reader->bad ? -EINVAL : SYS(mknodat, AT_FDCWD, path, mode, device);
}
