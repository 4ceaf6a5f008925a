/*
 * A container's files as the container sees them, for copying in and out: in a mount namespace of the child's own,
 * with its volumes bound into its root. Paths are resolved as for a process in the container: nothing leads out.
 */
#include "tree.h"

int op_chdir(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  if (reader->bad) return -EINVAL;
  batch_moved = 1;
  return SYS(chdir, path);
}

/* From here on, what this child mounts is seen by nobody else, and goes when it ends. */
int op_view(struct reader *reader, struct writer *writer) {
  (void)reader;
  (void)writer;
  if (!port_is_quiet) return -EINVAL;
  int result = SYS(unshare, CLONE_NEWNS);
  return result < 0 ? result : sys_mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int open_from(int top, const char *path, int flags) {
  struct open_how how = {flags | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return SYS(openat2, top, path[0] ? path : "/", &how, sizeof how);
}

/* The directory that holds the last name of a path, and that name in `name`. Missing directories are made when `make` says so. */
int parent_from(int top, const char *path, int make, const char **name) {
  char prefix[TREE_PATH_MAX];
  u32 length = text_length(path), end;
  if (length >= sizeof prefix) return -ENAMETOOLONG;
  while (length && path[length - 1] == '/') length--;
  for (end = length; end && path[end - 1] != '/'; end--) {
  }
  *name = path + end;
  memcpy(prefix, path, end);
  prefix[end] = 0;
  int directory = open_from(top, prefix, O_PATH | O_DIRECTORY);
  if (directory != -ENOENT || !make) return directory;
  /* Name by name: one of them may be a link, which leads somewhere inside. */
  for (u32 i = 1; i <= end; i++) {
    const char *last;
    if (i < end && prefix[i] != '/') continue;
    char after = prefix[i];
    prefix[i] = 0;
    directory = open_from(top, prefix, O_PATH | O_DIRECTORY);
    if (directory == -ENOENT) {
      int parent = parent_from(top, prefix, 0, &last);
      if (parent < 0) return parent;
      char made[256];
      u32 size = 0;
      for (; last[size] && last[size] != '/' && size < sizeof made - 1; size++) made[size] = last[size];
      made[size] = 0;
      int result = SYS(mkdirat, parent, made, 0755);
      sys_close(parent);
      if (result < 0) return result;
    } else if (directory < 0)
      return directory;
    else if (i < end)
      sys_close(directory);
    if (directory == -ENOENT && i >= end) directory = open_from(top, prefix, O_PATH | O_DIRECTORY);
    prefix[i] = after;
  }
  return directory;
}

/* A place to mount on: a directory, or a file when the source is one, made when there is none. */
static int mount_point(int top, const char *path, int is_directory) {
  const char *name;
  int found = open_from(top, path, O_PATH);
  if (found != -ENOENT) return found;
  int parent = parent_from(top, path, 1, &name);
  if (parent < 0) return parent;
  int result = is_directory ? SYS(mkdirat, parent, name, 0755) : SYS(mknodat, parent, name, S_IFREG | 0755, 0);
  sys_close(parent);
  return result < 0 ? result : open_from(top, path, O_PATH);
}

/* str root, str source in the node, str path in the root, u8 read-only: bound there as crun would. */
int op_bind_into(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *root = get_string(reader), *source = get_string(reader), *path = get_string(reader);
  u8 read_only = get_u8(reader);
  struct statx stat;
  if (reader->bad || !port_is_quiet) return -EINVAL;
  int result = sys_statx(AT_FDCWD, source, 0, &stat);
  if (result < 0) return result;
  int tree = SYS(open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0) return tree;
  struct mount_attr attributes = {.attr_set = read_only ? MOUNT_ATTR_RDONLY : 0, .propagation = MS_PRIVATE};
  SYS(umask, 0);
  int top = sys_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  int target = top < 0 ? top : mount_point(top, path, S_ISDIR(stat.stx_mode));
  result = target < 0 ? target : SYS(mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes);
  if (result >= 0) result = SYS(move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  if (target >= 0) sys_close(target);
  if (top >= 0) sys_close(top);
  sys_close(tree);
  return result;
}

/* Where an open file is, as this process would name it. */
static int path_of(int fd, char *to, u32 size) {
  char link[32] = "self/fd/";
  text_add_number(link, sizeof link, fd);
  int length = SYS(readlinkat, own_proc, link, to, size - 1);
  to[length < 0 ? 0 : length] = 0;
  return length;
}

/* str root, str path in it, u8 follow. Value: a head of a tree's entry whose path is the resolved one, from the root on. */
int op_find(struct reader *reader, struct writer *writer) {
  static char base[TREE_PATH_MAX], path[TREE_PATH_MAX], target[TREE_TARGET_MAX];
  const char *root = get_string(reader), *wanted = get_string(reader);
  u8 follow = get_u8(reader);
  struct tree_head head;
  struct statx stat;
  if (reader->bad) return -EINVAL;
  int top = sys_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (top < 0) return top;
  int found = open_from(top, wanted, O_PATH | (follow ? 0 : O_NOFOLLOW)), target_length = 0;
  int result = found < 0 ? found : sys_statx(found, "", AT_EMPTY_PATH, &stat);
  if (result >= 0) result = path_of(top, base, sizeof base);
  if (result >= 0) result = path_of(found, path, sizeof path);
  if (result >= 0 && S_ISLNK(stat.stx_mode)) result = target_length = SYS(readlinkat, found, "", target, sizeof target);
  if (result >= 0) {
    u32 skipped = text_starts(path, base) ? text_length(base) : 0;
    tree_head_fill(&head, &stat, text_length(path) - skipped, target_length, 0);
    put_raw(writer, &head, sizeof head);
    put_raw(writer, path + skipped, text_length(path) - skipped);
    put_raw(writer, target, target_length);
  }
  if (found >= 0) sys_close(found);
  sys_close(top);
  return result < 0 ? result : 0;
}
