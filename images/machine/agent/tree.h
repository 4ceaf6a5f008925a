/* Entries of trees as the protocol writes them (docs/agent-protocol.md, "Trees"); shared by the operations that send and take them. */
#pragma once

#include "agent.h"

#define TREE_PATH_MAX 4096u      /* of a path below the top, with its NUL: the kernel takes no longer ones */
#define TREE_TARGET_MAX 4096u    /* of a symbolic link's target */
#define TREE_ATTRIBUTES_MAX 65536u /* of all extended attributes of one file, names and values */

/* What precedes path, target and attributes of an entry, and then its content. A length of 0 ends the stream. */
struct tree_head {
  u32 length; /* of what follows it, without the content */
  u32 mode, uid, gid, links, major, minor, nanoseconds;
  u64 device, inode, size;
  i64 seconds;
  u64 content; /* bytes of content that follow: all of a file, or none */
  u32 path_length, target_length, attributes_length;
} __attribute__((packed));

/* ops_tree.c: removes a file or a whole tree. */
int tree_remove(const char *path);

/* ops_view.c: what a path means to a process whose root is `top` */
int open_from(int top, const char *path, int flags);
int parent_from(int top, const char *path, int make, const char **name);

/* ops_pack.c */
void tree_head_fill(struct tree_head *, const struct statx *, u32 path_length, u32 target_length, u32 attributes_length);
