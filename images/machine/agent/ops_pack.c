/*
 * Sending trees: PACK writes one with all its content into a file of the guest, which the host takes as it is
 * written; LIST says what is in one directory. Neither follows a link below its top. How deep and wide a tree is, is
 * its maker's choice, so the names still to be sent are a list with a bound, and no recursion.
 */
#include "tree.h"

#define PACK_CONTENT 1
#define PACK_ATTRIBUTES 2
#define PACK_MOUNTS 4 /* enters what is mounted below the top */

#define BUFFER_SIZE 258048u /* whole pages, and one message of the 9p mount */
#define NAMES_MAX (16u << 20)
#define PENDING_MAX (1u << 19)
#define LEVELS_MAX (TREE_PATH_MAX / 2 + 1)
#define LINKED_SLOTS 8192u /* a power of two */
#define WAIT_MS 5

struct pack {
  int out, top;
  u8 flags;
  u64 mount;
  u32 count;
  u32 used;
  u32 attributes_length;
  u32 linked_count;
  u32 levels;
  u32 pending_count, names_length;
  int directory;    /* of the level `opened`, and the working directory */
  u32 opened;       /* 0: none */
  u8 buffer[BUFFER_SIZE];
  u8 attributes[TREE_ATTRIBUTES_MAX];
  char names[TREE_ATTRIBUTES_MAX]; /* of attributes */
  char target[TREE_TARGET_MAX];
  char path[TREE_PATH_MAX]; /* of the directory being read, and of the entry in it */
  char entries[8192];
  /* Files with several names whose content was sent. When the table is full, content is sent more than once. */
  struct {
    u64 device, inode;
  } linked[LINKED_SLOTS];
  /* The directories that the path is in, and what of each is still to be sent: from `first` on, the next name last. */
  struct {
    u32 first, names, path_length;
  } level[LEVELS_MAX];
  u32 pending[PENDING_MAX]; /* where a name begins in `names` */
  char names_left[NAMES_MAX];
};

void tree_head_fill(struct tree_head *head, const struct statx *stat, u32 path_length, u32 target_length, u32 attributes_length) {
  head->length = sizeof *head - 4 + path_length + target_length + attributes_length;
  head->mode = stat->stx_mode;
  head->uid = stat->stx_uid;
  head->gid = stat->stx_gid;
  head->links = stat->stx_nlink;
  head->major = stat->stx_rdev_major;
  head->minor = stat->stx_rdev_minor;
  head->nanoseconds = stat->stx_mtime.tv_nsec;
  head->device = (u64)stat->stx_dev_major << 32 | stat->stx_dev_minor;
  head->inode = stat->stx_ino;
  head->size = stat->stx_size;
  head->seconds = stat->stx_mtime.tv_sec;
  head->content = 0;
  head->path_length = path_length;
  head->target_length = target_length;
  head->attributes_length = attributes_length;
}

/* --- the stream --- */

static int flush(struct pack *pack) {
  for (u32 at = 0; at < pack->used;) {
    int written = sys_write(pack->out, pack->buffer + at, pack->used - at);
    if (written == -EINTR) continue;
    if (written == -EAGAIN) { /* whoever takes it is not ready for more */
      sleep_ms(WAIT_MS);
      continue;
    }
    if (written < 0) return written;
    at += written;
  }
  pack->used = 0;
  return 0;
}

static int put(struct pack *pack, const void *bytes, u32 length) {
  const u8 *from = bytes;
  while (length) {
    int result = pack->used == BUFFER_SIZE ? flush(pack) : 0;
    if (result < 0) return result;
    u32 part = min(length, BUFFER_SIZE - pack->used);
    memcpy(pack->buffer + pack->used, from, part);
    pack->used += part;
    from += part;
    length -= part;
  }
  return 0;
}

/* Exactly `left` bytes: a file that is cut off meanwhile goes on with zeros. */
static int put_content(struct pack *pack, int fd, u64 left) {
  while (left) {
    int result = pack->used == BUFFER_SIZE ? flush(pack) : 0;
    if (result < 0) return result;
    u32 room = min((u64)(BUFFER_SIZE - pack->used), left);
    int got = sys_read(fd, pack->buffer + pack->used, room);
    if (got == -EINTR) continue;
    if (got < 0) return got;
    if (!got) memset(pack->buffer + pack->used, 0, got = room);
    pack->used += got;
    left -= got;
  }
  return 0;
}

/* --- entries --- */

/* Whether a file's content went under another of its names. */
static int sent_before(struct pack *pack, u64 device, u64 inode) {
  u32 slot = ((u32)inode * 2654435761u ^ (u32)device) & (LINKED_SLOTS - 1);
  for (; pack->linked[slot].inode; slot = (slot + 1) & (LINKED_SLOTS - 1))
    if (pack->linked[slot].inode == inode && pack->linked[slot].device == device) return 1;
  if (pack->linked_count >= LINKED_SLOTS * 3 / 4) return 0;
  pack->linked_count++;
  pack->linked[slot].device = device;
  pack->linked[slot].inode = inode;
  return 0;
}

/* Reads the extended attributes of a file in the working directory. A file without is none the worse. */
static int take_attributes(struct pack *pack, const char *name) {
  pack->attributes_length = 0;
  if (!(pack->flags & PACK_ATTRIBUTES)) return 0;
  int length = SYS(llistxattr, name, pack->names, sizeof pack->names);
  if (length == -ERANGE || length == -E2BIG) return -E2BIG;
  for (int at = 0; at < length;) {
    const char *key = pack->names + at;
    u32 sizes[2] = {text_length(key), 0};
    at += sizes[0] + 1;
    u32 start = pack->attributes_length, value = start + 8 + sizes[0];
    if (value > TREE_ATTRIBUTES_MAX) return -E2BIG;
    /* Without room even for an empty value the kernel would only say how long it is. */
    int got = value == TREE_ATTRIBUTES_MAX
                  ? -ERANGE
                  : SYS(lgetxattr, name, key, pack->attributes + value, TREE_ATTRIBUTES_MAX - value);
    if (got == -ERANGE) return -E2BIG;
    if (got < 0) continue;
    sizes[1] = got;
    memcpy(pack->attributes + start, sizes, 8);
    memcpy(pack->attributes + start + 8, key, sizes[0]);
    pack->attributes_length = value + got;
  }
  return 0;
}

/*
 * Writes an entry: `name` in the directory `at`, which is the working directory, too. Its path is the first
 * `path_length` bytes of `path`. What vanished meanwhile is left out.
 */
static int put_entry(struct pack *pack, int at, const char *name, const struct statx *stat, u32 path_length) {
  struct tree_head head;
  int fd = -1, target_length = 0, result;
  int is_file = S_ISREG(stat->stx_mode) && (pack->flags & PACK_CONTENT);
  if (S_ISLNK(stat->stx_mode)) {
    target_length = SYS(readlinkat, at, name, pack->target, sizeof pack->target);
    if (target_length < 0) return target_length == -ENOENT || target_length == -EINVAL ? 0 : target_length;
  }
  if (is_file) {
    fd = sys_openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return fd == -ENOENT || fd == -ELOOP || fd == -ENXIO ? 0 : fd;
  }
  result = take_attributes(pack, name);
  tree_head_fill(&head, stat, path_length, target_length, pack->attributes_length);
  if (is_file && !(stat->stx_nlink > 1 && sent_before(pack, head.device, head.inode))) head.content = head.size;
  if (result >= 0) result = put(pack, &head, sizeof head);
  if (result >= 0) result = put(pack, pack->path, path_length);
  if (result >= 0) result = put(pack, pack->target, target_length);
  if (result >= 0) result = put(pack, pack->attributes, pack->attributes_length);
  if (result >= 0 && is_file) result = put_content(pack, fd, head.content);
  if (fd >= 0) sys_close(fd);
  pack->count++;
  return result;
}

static int comes_before(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *(const u8 *)a < *(const u8 *)b;
}

/* The next name is taken from the end, so the last comes first. */
static void sort_names(struct pack *pack, u32 first) {
  u32 *list = pack->pending + first, count = pack->pending_count - first, gap = 1;
  while (gap < count / 3) gap = 3 * gap + 1;
  for (; gap; gap /= 3) {
    for (u32 i = gap; i < count; i++) {
      u32 moved = list[i], at = i;
      for (; at >= gap && comes_before(pack->names_left + list[at - gap], pack->names_left + moved); at -= gap) list[at] = list[at - gap];
      list[at] = moved;
    }
  }
}

static int read_names(struct pack *pack) {
  int length;
  while ((length = sys_getdents(pack->directory, pack->entries, sizeof pack->entries)) > 0) {
    for (int at = 0; at < length;) {
      struct directory_entry *entry = (struct directory_entry *)(pack->entries + at);
      at += entry->length;
      if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
      u32 size = text_length(entry->name) + 1;
      if (pack->pending_count == PENDING_MAX || NAMES_MAX - pack->names_length < size) {
        op_note("too many files in one directory");
        return -ENOBUFS;
      }
      pack->pending[pack->pending_count++] = pack->names_length;
      memcpy(pack->names_left + pack->names_length, entry->name, size);
      pack->names_length += size;
    }
  }
  return length;
}

/* The directory at the first `length` bytes of `path`. No part of it may be a link, whoever changes the tree meanwhile. */
static int open_below(struct pack *pack, u32 length) {
  struct open_how how = {O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_LARGEFILE, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  pack->path[length] = 0;
  int directory = SYS(openat2, pack->top, length ? pack->path : ".", &how, sizeof how);
  if (directory < 0) return directory == -ENOENT || directory == -ENOTDIR || directory == -ELOOP ? -ENOENT : directory;
  if (pack->opened) sys_close(pack->directory);
  pack->directory = directory;
  SYS(fchdir, directory);
  return 0;
}

/* Goes into a directory; one that is gone has nothing in it. */
static int enter_directory(struct pack *pack, u32 length) {
  int result = open_below(pack, length);
  if (result < 0) return result == -ENOENT ? 0 : result;
  pack->level[pack->levels].first = pack->pending_count;
  pack->level[pack->levels].names = pack->names_length;
  pack->level[pack->levels].path_length = length;
  pack->opened = ++pack->levels;
  result = read_names(pack);
  if (result >= 0) sort_names(pack, pack->level[pack->levels - 1].first);
  return result;
}

static int put_child(struct pack *pack, u32 length, const char *name) {
  struct statx stat;
  u32 added = text_length(name);
  if (length + 1 + added >= TREE_PATH_MAX) {
    op_note("path too long");
    return -ENAMETOOLONG;
  }
  int result = sys_statx(pack->directory, name, AT_SYMLINK_NOFOLLOW, &stat);
  if (result < 0) return result == -ENOENT ? 0 : result;
  if (length) pack->path[length++] = '/';
  memcpy(pack->path + length, name, added);
  length += added;
  result = put_entry(pack, pack->directory, name, &stat, length);
  if (result < 0 || !S_ISDIR(stat.stx_mode)) return result;
  return stat.stx_mnt_id == pack->mount || (pack->flags & PACK_MOUNTS) ? enter_directory(pack, length) : 0;
}

/* The next name of the deepest level; a level without names ends. */
static int put_next(struct pack *pack) {
  u32 at = pack->levels - 1, length = pack->level[at].path_length;
  if (pack->pending_count == pack->level[at].first) {
    pack->levels--;
    pack->names_length = pack->level[at].names;
    return 0;
  }
  if (pack->opened != pack->levels) {
    int result = open_below(pack, length);
    if (result == -ENOENT) pack->pending_count = pack->level[at].first;
    if (result < 0) return result == -ENOENT ? 0 : result;
    pack->opened = pack->levels;
  }
  return put_child(pack, length, pack->names_left + pack->pending[--pack->pending_count]);
}

/* --- the top --- */

/* The top as itself, with an empty path. */
static int put_top(struct pack *pack, int top, const struct statx *stat) {
  char link[32] = "self/fd/";
  if (S_ISDIR(stat->stx_mode)) {
    SYS(fchdir, top);
    return put_entry(pack, top, ".", stat, 0);
  }
  pack->count = 1;
  if (!S_ISREG(stat->stx_mode)) {
    struct tree_head head;
    int length = S_ISLNK(stat->stx_mode) ? SYS(readlinkat, top, "", pack->target, sizeof pack->target) : 0;
    if (length < 0) return length;
    tree_head_fill(&head, stat, 0, length, 0);
    int result = put(pack, &head, sizeof head);
    return result < 0 ? result : put(pack, pack->target, length);
  }
  /* What was found is opened, whatever has its name by now. */
  struct tree_head head;
  text_add_number(link, sizeof link, top);
  int fd = sys_openat(own_proc, link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  u8 flags = pack->flags;
  tree_head_fill(&head, stat, 0, 0, 0);
  if (flags & PACK_CONTENT) head.content = head.size;
  int result = put(pack, &head, sizeof head);
  if (result >= 0) result = put_content(pack, fd, head.content);
  sys_close(fd);
  return result;
}

static int pack_tree(struct pack *pack, int found) {
  struct statx stat;
  u32 end = 0;
  int result = sys_statx(found, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, &stat);
  if (result < 0) return result;
  pack->mount = stat.stx_mnt_id;
  pack->top = found;
  result = put_top(pack, found, &stat);
  if (result >= 0 && S_ISDIR(stat.stx_mode)) result = enter_directory(pack, 0);
  while (result >= 0 && pack->levels) result = put_next(pack);
  if (pack->opened) sys_close(pack->directory);
  if (result >= 0) result = put(pack, &end, sizeof end);
  return result < 0 ? result : flush(pack);
}

/* str root, str path in it, str file of the guest, u8 flags. Value: u32 entries. */
int op_pack(struct reader *reader, struct writer *writer) {
  const char *root = get_string(reader), *path = get_string(reader), *into = get_string(reader);
  u8 flags = get_u8(reader);
  /* It may wait for its reader, which the loop must not. */
  if (reader->bad || !port_is_quiet) return -EINVAL;
  int root_fd = sys_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (root_fd < 0) return root_fd;
  int found = open_from(root_fd, path, O_PATH | O_NOFOLLOW);
  sys_close(root_fd);
  if (found < 0) return found;
  int before = sys_open(".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0), out = own_open(into, O_WRONLY), result = out;
  struct pack *pack = out < 0 ? NULL : pages_new(sizeof *pack);
  if (pack) {
    pack->out = out;
    pack->flags = flags;
    result = pack_tree(pack, found);
    put_u32(writer, pack->count);
    pages_free(pack, sizeof *pack);
  } else if (out >= 0)
    result = -ENOMEM;
  if (out >= 0) sys_close(out);
  sys_close(found);
  SYS(fchdir, before);
  sys_close(before);
  return result;
}

/* --- one directory --- */

#define LIST_ENTRY_MAX (sizeof(struct tree_head) + 256 + TREE_TARGET_MAX)

static int list_child(struct writer *writer, int directory, const char *name) {
  struct tree_head head;
  struct statx stat;
  char target[TREE_TARGET_MAX];
  int target_length = 0, result = sys_statx(directory, name, AT_SYMLINK_NOFOLLOW, &stat);
  if (result < 0) return result == -ENOENT ? 0 : result;
  if (S_ISLNK(stat.stx_mode)) {
    target_length = SYS(readlinkat, directory, name, target, sizeof target);
    if (target_length < 0) return 0;
  }
  u32 length = text_length(name);
  tree_head_fill(&head, &stat, length, target_length, 0);
  put_raw(writer, &head, sizeof head);
  put_raw(writer, name, length);
  put_raw(writer, target, target_length);
  return 0;
}

/* str path, u64 where to go on, u32 most bytes. Value: u64 where the next call goes on, 0 when that was all; entries. */
int op_list(struct reader *reader, struct writer *writer) {
  const char *path = get_string(reader);
  u64 offset = get_u64(reader), position = offset, next = 0;
  u32 most = get_u32(reader);
  if (reader->bad || most < LIST_ENTRY_MAX + 8) return -EINVAL;
  int directory = sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), length = 0, result = 0;
  if (directory < 0) return directory;
  if (offset) result = SYS(_llseek, directory, (u32)(offset >> 32), (u32)offset, &position, 0);
  u8 *value = writer->at;
  char entries[4096];
  put_u64(writer, 0);
  while (result >= 0 && !next && (length = sys_getdents(directory, entries, sizeof entries)) > 0) {
    for (int at = 0; at < length && result >= 0 && !next;) {
      struct directory_entry *entry = (struct directory_entry *)(entries + at);
      at += entry->length;
      if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
      if ((u32)(writer->at - value) + LIST_ENTRY_MAX > most)
        next = position;
      else
        result = list_child(writer, directory, entry->name);
      position = entry->offset;
    }
  }
  sys_close(directory);
  if (!writer->full) memcpy(value, &next, sizeof next);
  return result < 0 ? result : length;
}
