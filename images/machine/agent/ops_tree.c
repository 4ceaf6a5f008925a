/*
 * Operations on whole trees: removing one and measuring one. Neither leaves the file system it starts on
 * or follows a link. The depth of a tree is the user's choice, so recursion is bounded.
 */
#include "tree.h"

#define MAX_DEPTH 48
#define MAX_LINKED 512

/* --- removal --- */

struct removal {
  int top;      /* directory that what is too deep is moved up to */
  u64 mount;    /* entries of another mount are left alone */
  u32 moved;
  int error;    /* the first failure; the rest is removed all the same */
};

static int mount_of(int at, const char *path, u64 *mount, u16 *mode) {
  struct statx stat;
  int result = sys_statx(at, path, AT_SYMLINK_NOFOLLOW | (path[0] ? 0 : AT_EMPTY_PATH), &stat);
  *mount = stat.stx_mnt_id;
  *mode = stat.stx_mode;
  return result;
}

static void remember(struct removal *removal, int error) {
  if (error < 0 && !removal->error) removal->error = error;
}

/* Too deep for the stack: the directory is moved to the top of the tree and removed from there later. */
static int move_up(struct removal *removal, int parent, const char *name) {
  char moved[24] = ".removing-";
  text_add_number(moved, sizeof moved, removal->moved++);
  return SYS(renameat, parent, name, removal->top, moved);
}

static void remove_contents(struct removal *removal, int directory, int depth) {
  char entries[1024];
  int length, progress;
  do {
    progress = 0;
    SYS(_llseek, directory, 0, 0, (void *)entries, 0);
    while ((length = sys_getdents(directory, entries, sizeof entries)) > 0) {
      for (int at = 0; at < length;) {
        struct directory_entry *entry = (struct directory_entry *)(entries + at);
        at += entry->length;
        if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
        int result = entry->type == DT_DIR ? -EISDIR : SYS(unlinkat, directory, entry->name, 0);
        if (result == -EISDIR || result == -EPERM) {
          u64 mount;
          u16 mode;
          if (mount_of(directory, entry->name, &mount, &mode) < 0) continue;
          if (mount != removal->mount) {
            remember(removal, -EBUSY);
            continue;
          }
          if (!S_ISDIR(mode)) {
            remember(removal, result);
            continue;
          }
          if (depth >= MAX_DEPTH) {
            result = move_up(removal, directory, entry->name);
          } else {
            int inner = sys_openat(directory, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
            if (inner >= 0) {
              remove_contents(removal, inner, depth + 1);
              sys_close(inner);
            }
            result = SYS(unlinkat, directory, entry->name, AT_REMOVEDIR);
          }
        }
        if (result >= 0)
          progress = 1;
        else
          remember(removal, result);
      }
    }
    /* Directories moved up and entries that reading skipped while others vanished are found by another pass. */
  } while (progress && (depth == 0 || length < 0));
}

int op_rmtree(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  return reader->bad ? -EINVAL : tree_remove(path);
}

int tree_remove(const char *path) {
  struct removal removal = {-1, 0, 0, 0};
  u16 mode;
  int result = mount_of(AT_FDCWD, path, &removal.mount, &mode);
  if (result == -ENOENT) return 0;
  if (result < 0) return result;
  if (!S_ISDIR(mode)) return sys_unlink(path);
  removal.top = sys_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (removal.top < 0) return removal.top;
  remove_contents(&removal, removal.top, 0);
  sys_close(removal.top);
  result = SYS(unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
  return result < 0 ? removal.error ? removal.error : result : 0;
}

/* --- size --- */

struct usage {
  u64 bytes, stored_bytes;
  u32 count;
  u64 mount;
  u64 linked[MAX_LINKED]; /* inodes with several names, counted once */
  u32 linked_count;
};

static int counted_before(struct usage *usage, u64 inode) {
  for (u32 i = 0; i < usage->linked_count; i++)
    if (usage->linked[i] == inode) return 1;
  if (usage->linked_count < MAX_LINKED) usage->linked[usage->linked_count++] = inode;
  return 0;
}

static void measure(struct usage *usage, int directory, int depth) {
  char entries[1024];
  int length;
  while ((length = sys_getdents(directory, entries, sizeof entries)) > 0) {
    for (int at = 0; at < length;) {
      struct directory_entry *entry = (struct directory_entry *)(entries + at);
      struct statx stat;
      at += entry->length;
      if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
      if (sys_statx(directory, entry->name, AT_SYMLINK_NOFOLLOW, &stat) < 0 || stat.stx_mnt_id != usage->mount) continue;
      usage->count++;
      usage->stored_bytes += stat.stx_blocks * 512;
      if (!S_ISDIR(stat.stx_mode)) {
        if (stat.stx_nlink < 2 || !counted_before(usage, stat.stx_ino)) usage->bytes += stat.stx_size;
        continue;
      }
      if (depth >= MAX_DEPTH) continue;
      int inner = sys_openat(directory, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
      if (inner < 0) continue;
      measure(usage, inner, depth + 1);
      sys_close(inner);
    }
  }
}

/* Docker's measure of a directory: the sizes of its files, a file with several names once, directories not. */
int op_du(struct reader *reader, struct writer *writer) {
  static struct usage usage;
  const char *path = get_string(reader);
  u16 mode;
  if (reader->bad) return -EINVAL;
  memset(&usage, 0, sizeof usage);
  int result = mount_of(AT_FDCWD, path, &usage.mount, &mode);
  if (result < 0) return result;
  int directory = sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return directory;
  measure(&usage, directory, 0);
  sys_close(directory);
  put_u64(writer, usage.bytes);
  put_u64(writer, usage.stored_bytes);
  put_u32(writer, usage.count);
  return 0;
}

/* struct statfs64 of i386 */
struct file_system {
  u32 type, block_size;
  u64 blocks, free, available, files, files_free;
  u32 id[2], name_length, fragment_size, flags, spare[4];
} __attribute__((packed));

int op_statfs(struct reader *reader, struct writer *writer) {
  const char *path = get_string(reader);
  struct file_system space;
  if (reader->bad) return -EINVAL;
  int result = SYS(statfs64, path, sizeof space, &space);
  if (result < 0) return result;
  put_u64(writer, space.blocks * space.block_size);
  put_u64(writer, space.available * space.block_size);
  return 0;
}
