/* Mounts and network namespaces. */
#include "agent.h"

#define SIOCGIFFLAGS 0x8913
#define SIOCSIFFLAGS 0x8914
#define IFF_UP 1

int op_mount(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *source = get_string(reader), *target = get_string(reader), *type = get_string(reader);
  u32 flags = get_u32(reader);
  const char *data = get_string(reader);
  if (reader->bad) return -EINVAL;
  return sys_mount(source, target, type[0] ? type : NULL, flags, data[0] ? data : NULL);
}

int op_umount(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *target = get_string(reader);
  u32 flags = get_u32(reader);
  return reader->bad ? -EINVAL : sys_umount(target, flags);
}

/* Switches the loopback interface of the current network namespace on. */
int loopback_up(void) {
  struct {
    char name[16];
    short flags;
    char rest[22];
  } request = {"lo", 0, {0}};
  int fd = sys_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  int result = sys_ioctl(fd, SIOCGIFFLAGS, &request);
  request.flags |= IFF_UP;
  if (result >= 0) result = sys_ioctl(fd, SIOCSIFFLAGS, &request);
  sys_close(fd);
  return result;
}

/* Binds the network namespace that the agent is in to `path`, without a /proc that would have to show the agent. */
static int bind_current(const char *path) {
  int space = sys_openat(own_proc, "self/ns/net", O_RDONLY | O_CLOEXEC, 0);
  if (space < 0) return space;
  int tree = SYS(open_tree, space, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  sys_close(space);
  if (tree < 0) return tree;
  int result = SYS(move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
  sys_close(tree);
  return result;
}

int op_netns_new(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  if (reader->bad) return -EINVAL;
  int fd = sys_open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (fd < 0) return fd;
  sys_close(fd);
  int result = SYS(unshare, CLONE_NEWNET);
  if (result >= 0) {
    result = loopback_up();
    if (result >= 0) result = bind_current(path);
    netns_leave();
  }
  if (result < 0) sys_unlink(path);
  return result;
}

int op_netns_del(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  if (reader->bad) return -EINVAL;
  int result = sys_umount(path, MNT_DETACH);
  if (result < 0 && result != -EINVAL) return result;
  return sys_unlink(path);
}
