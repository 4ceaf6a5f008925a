/*
 * Taking trees: UNPACK makes files of a stream that the host writes, below a directory of a root. What is there already is
 * replaced, but for directories, which are merged. The host has checked names; links in the tree are the tree's maker's, so
 * every path is resolved as for a process in that root.
 */
#include "tree.h"

#define UNPACK_KEEP_KINDS 1 /* a directory is not replaced by something else, nor the other way round */
#define ONLY_TIME 1         /* in `links` of an entry: the file is there; only its time is set */
#define BUFFER_SIZE 258048u
#define WAIT_MS 5

struct unpack {
  int from, top;
  u8 flags;
  u32 count;
  u32 at, filled;
  int parent; /* directory of the last entry, -1: look it up again */
  u32 parent_length;
  u32 base_length; /* of the directory in which all is made */
  u8 buffer[BUFFER_SIZE];
  u8 attributes[TREE_ATTRIBUTES_MAX + 1];
  char target[TREE_TARGET_MAX + 1];
  char linked[2 * TREE_PATH_MAX + 2];
  char path[2 * TREE_PATH_MAX + 2];
  char parent_path[2 * TREE_PATH_MAX + 2];
};

/* --- the stream --- */

/* Bytes that are there, at least one. */
static int fill(struct unpack *unpack) {
  while (unpack->at == unpack->filled) {
    int got = sys_read(unpack->from, unpack->buffer, BUFFER_SIZE);
    if (got == -EINTR) continue;
    if (got == -EAGAIN) {
      sleep_ms(WAIT_MS);
      continue;
    }
    if (got < 0) return got;
    if (!got) return -EBADMSG;
    unpack->at = 0;
    unpack->filled = got;
  }
  return 0;
}

static int take(struct unpack *unpack, void *to, u32 length) {
  for (u8 *at = to; length;) {
    int result = fill(unpack);
    if (result < 0) return result;
    u32 part = min(length, unpack->filled - unpack->at);
    memcpy(at, unpack->buffer + unpack->at, part);
    unpack->at += part;
    at += part;
    length -= part;
  }
  return 0;
}

static int take_content(struct unpack *unpack, int fd, u64 left) {
  while (left) {
    int result = fill(unpack);
    if (result < 0) return result;
    u32 part = min((u64)(unpack->filled - unpack->at), left);
    result = write_fully(fd, unpack->buffer + unpack->at, part);
    if (result < 0) return result;
    unpack->at += part;
    left -= part;
  }
  return 0;
}

/* --- making files --- */

static void forget_parent(struct unpack *unpack) {
  if (unpack->parent >= 0) sys_close(unpack->parent);
  unpack->parent = -1;
}

/* The directory of `path`, made with those above it when missing; files of one directory come one after the other. */
static int enter_parent(struct unpack *unpack, const char **name) {
  u32 length = text_length(unpack->path);
  while (length && unpack->path[length - 1] != '/') length--;
  *name = unpack->path + length;
  if (unpack->parent >= 0 && length == unpack->parent_length && memcmp(unpack->path, unpack->parent_path, length) == 0) return 0;
  forget_parent(unpack);
  int parent = parent_from(unpack->top, unpack->path, 1, name);
  if (parent < 0) return parent;
  unpack->parent = parent;
  unpack->parent_length = length;
  memcpy(unpack->parent_path, unpack->path, length);
  SYS(fchdir, parent);
  return 0;
}

/* What is in the way goes. Returns 1 when a directory is there that stays. */
static int make_room(struct unpack *unpack, const char *name, int is_directory) {
  struct statx stat;
  int result = sys_statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, &stat);
  if (result < 0) return result == -ENOENT ? 0 : result;
  int there = S_ISDIR(stat.stx_mode);
  if (there && is_directory) return 1;
  if (there != is_directory && (unpack->flags & UNPACK_KEEP_KINDS)) {
    op_note(there ? "cannot overwrite directory" : "cannot overwrite non-directory");
    return -EEXIST;
  }
  if (!there) return SYS(unlinkat, AT_FDCWD, name, 0);
  return tree_remove(name);
}

static int set_attributes(struct unpack *unpack, const char *name, u32 length) {
  for (u32 at = 0; at < length;) {
    u32 sizes[2];
    if (length - at < 8) return -EBADMSG;
    memcpy(sizes, unpack->attributes + at, 8);
    at += 8;
    if (sizes[0] > 255 || sizes[0] > length - at || sizes[1] > length - at - sizes[0]) return -EBADMSG;
    char key[256];
    memcpy(key, unpack->attributes + at, sizes[0]);
    key[sizes[0]] = 0;
    int result = SYS(lsetxattr, name, key, unpack->attributes + at + sizes[0], sizes[1], 0);
    /* A file system that does not keep them is no reason to fail. */
    if (result < 0 && result != -EOPNOTSUPP && result != -EPERM) return result;
    at += sizes[0] + sizes[1];
  }
  return 0;
}

static int set_time(const struct tree_head *head, const char *name) {
  struct time64 times[2] = {{head->seconds, head->nanoseconds}, {head->seconds, head->nanoseconds}};
  return SYS(utimensat_time64, AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW);
}

static int make_file(struct unpack *unpack, const struct tree_head *head, const char *name) {
  int fd = sys_open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fd;
  int result = take_content(unpack, fd, head->content);
  if (result >= 0) result = SYS(fchown32, fd, head->uid, head->gid);
  if (result >= 0) result = SYS(fchmod, fd, head->mode & 07777);
  sys_close(fd);
  return result;
}

static int make_directory(const struct tree_head *head, const char *name, int is_there) {
  int result = is_there ? 0 : sys_mkdir(name, 0700);
  if (result < 0) return result;
  int fd = sys_open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  result = SYS(fchown32, fd, head->uid, head->gid);
  if (result >= 0) result = SYS(fchmod, fd, head->mode & 07777);
  sys_close(fd);
  return result;
}

/* Another name for a file of the tree, whose path is in `target`. */
static int make_link(struct unpack *unpack, const char *name) {
  memcpy(unpack->linked, unpack->path, unpack->base_length);
  memcpy(unpack->linked + unpack->base_length, unpack->target, text_length(unpack->target) + 1);
  int found = open_from(unpack->top, unpack->linked, O_PATH | O_NOFOLLOW);
  if (found < 0) return found;
  int result = SYS(linkat, found, "", AT_FDCWD, name, AT_EMPTY_PATH);
  sys_close(found);
  return result;
}

static int make_entry(struct unpack *unpack, const struct tree_head *head) {
  const char *name;
  int result = enter_parent(unpack, &name);
  if (result < 0) return result;
  if (head->links == ONLY_TIME) return set_time(head, name);
  int is_directory = S_ISDIR(head->mode), is_link = !(head->mode & S_IFMT);
  int is_there = make_room(unpack, name, is_directory);
  if (is_there < 0) return is_there;
  u32 device = (head->minor & 0xff) | (head->major & 0xfff) << 8 | (head->minor & ~0xffu) << 12;
  if (S_ISREG(head->mode))
    result = make_file(unpack, head, name);
  else if (is_directory)
    result = make_directory(head, name, is_there);
  else if (is_link)
    result = make_link(unpack, name);
  else if (S_ISLNK(head->mode))
    result = SYS(symlinkat, unpack->target, AT_FDCWD, name);
  else
    result = SYS(mknodat, AT_FDCWD, name, head->mode, device);
  if (result < 0) return result;
  unpack->count++;
  if (is_link) return 0;
  if (!S_ISREG(head->mode) && !is_directory) result = SYS(fchownat, AT_FDCWD, name, head->uid, head->gid, AT_SYMLINK_NOFOLLOW);
  if (result >= 0) result = set_attributes(unpack, name, head->attributes_length);
  if (result >= 0) result = set_time(head, name);
  return result;
}

static int take_entry(struct unpack *unpack, struct tree_head *head) {
  int result = take(unpack, (u8 *)head + 4, sizeof *head - 4);
  if (result < 0) return result;
  if (head->path_length >= TREE_PATH_MAX || head->target_length > TREE_TARGET_MAX || head->attributes_length > TREE_ATTRIBUTES_MAX) return -EBADMSG;
  if (head->length != sizeof *head - 4 + head->path_length + head->target_length + head->attributes_length) return -EBADMSG;
  result = take(unpack, unpack->path + unpack->base_length, head->path_length);
  unpack->path[unpack->base_length + head->path_length] = 0;
  if (result >= 0) result = take(unpack, unpack->target, head->target_length);
  unpack->target[head->target_length] = 0;
  if (result >= 0) result = take(unpack, unpack->attributes, head->attributes_length);
  if (result >= 0) result = make_entry(unpack, head);
  /* Only a plain file leaves the meaning of paths as it was. */
  if (!S_ISREG(head->mode) || result < 0) forget_parent(unpack);
  return result;
}

static int unpack_tree(struct unpack *unpack) {
  struct tree_head head;
  for (;;) {
    int result = take(unpack, &head.length, 4);
    if (result < 0 || !head.length) return result;
    result = take_entry(unpack, &head);
    if (result < 0) {
      op_note(" ");
      op_note(unpack->path);
      return result;
    }
  }
}

/* str root, str directory in it, str file of the guest, u8 flags. Value: u32 files made. */
int op_unpack(struct reader *reader, struct writer *writer) {
  const char *root = get_string(reader), *directory = get_string(reader), *from = get_string(reader);
  u8 flags = get_u8(reader);
  u32 length = text_length(directory);
  if (reader->bad || !port_is_quiet) return -EINVAL;
  if (length >= TREE_PATH_MAX) return -ENAMETOOLONG;
  int before = sys_open(".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0), source = own_open(from, O_RDONLY);
  int top = sys_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0), result = source < 0 ? source : top;
  struct unpack *unpack = result < 0 ? NULL : pages_new(sizeof *unpack);
  if (result >= 0 && !unpack) result = -ENOMEM;
  SYS(umask, 0);
  if (unpack) {
    unpack->from = source;
    unpack->top = top;
    unpack->flags = flags;
    unpack->parent = -1;
    memcpy(unpack->path, directory, length);
    unpack->path[length++] = '/';
    unpack->base_length = length;
    result = unpack_tree(unpack);
    forget_parent(unpack);
    put_u32(writer, unpack->count);
    pages_free(unpack, sizeof *unpack);
  }
  if (top >= 0) sys_close(top);
  if (source >= 0) sys_close(source);
  SYS(fchdir, before);
  sys_close(before);
  return result;
}
