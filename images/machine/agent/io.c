/* Files, sockets and memory, one step above the system calls. Nothing here knows the protocol. */
#include "sys.h"

void *pages_new(u32 length) {
  long address = SYS(mmap2, 0, length, 3 /* read, write */, 0x4022 /* private, anonymous, no reserve */, -1, 0);
  return address < 0 && address > -4096 ? NULL : (void *)address;
}

void pages_free(void *pages, u32 length) { SYS(munmap, pages, length); }

void sleep_ms(u32 ms) {
  struct time64 time = {ms / 1000, (i64)(ms % 1000) * 1000000};
  SYS(clock_nanosleep_time64, 1 /* monotonic */, 0, &time, 0);
}

/* Blocks exactly the signals of `mask`. */
void signals_block(u64 mask) { SYS(rt_sigprocmask, 2 /* set */, &mask, 0, 8); }

void signal_set(int number, void *handler) {
  struct signal_action action = {handler, 0, 0, {0, 0}};
  SYS(rt_sigaction, number, &action, 0, 8);
}

/* Reads a small file; the text in `to` always ends with NUL. Returns its length or a negative errno. */
int read_all(int at, const char *path, void *to, u32 size) {
  int fd = sys_openat(at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
  if (fd < 0) return fd;
  u32 length = 0;
  int got = 0;
  while (length + 1 < size && (got = sys_read(fd, (u8 *)to + length, size - 1 - length)) > 0) length += got;
  sys_close(fd);
  ((u8 *)to)[length] = 0;
  return got < 0 ? got : (int)length;
}

int write_path(int at, const char *path, const char *text) {
  int fd = sys_openat(at, path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
  if (fd < 0) return fd;
  int result = sys_write(fd, text, text_length(text));
  sys_close(fd);
  return result < 0 ? result : 0;
}

int write_fully(int fd, const void *bytes, u32 length) {
  const u8 *at = bytes;
  while (length) {
    int written = sys_write(fd, at, length);
    if (written == -EINTR) continue;
    if (written < 0) return written;
    at += written;
    length -= written;
  }
  return 0;
}

int send_with_fds(int socket, const void *bytes, u32 length, const int *fds, u32 fd_count) {
  struct rights rights = {12 + 4 * fd_count, SOL_SOCKET, SCM_RIGHTS, {0}};
  for (u32 i = 0; i < fd_count; i++) rights.fds[i] = fds[i];
  struct iovec part = {bytes, length};
  struct msghdr message = {NULL, 0, &part, 1, fd_count ? &rights : NULL, fd_count ? rights.length : 0, 0};
  return SYS(sendmsg, socket, &message, MSG_NOSIGNAL);
}

/* Receives bytes and up to MAX_PASSED_FDS descriptors (close-on-exec). */
int receive_with_fds(int socket, void *to, u32 length, int flags, int *fds, u32 *fd_count) {
  struct rights rights = {0};
  struct iovec part = {to, length};
  struct msghdr message = {NULL, 0, &part, 1, &rights, sizeof rights, 0};
  *fd_count = 0;
  int got = SYS(recvmsg, socket, &message, flags | MSG_CMSG_CLOEXEC);
  if (got >= 0 && message.control_length >= 12 && rights.level == SOL_SOCKET && rights.type == SCM_RIGHTS) {
    *fd_count = min((rights.length - 12) / 4, MAX_PASSED_FDS);
    for (u32 i = 0; i < *fd_count; i++) fds[i] = rights.fds[i];
  }
  return got;
}

static int unix_address(struct sockaddr_un *address, const char *path) {
  u32 length = text_length(path);
  if (!length) return -ENOENT;
  if (length >= sizeof address->path) return -ENAMETOOLONG;
  address->family = AF_UNIX;
  memcpy(address->path, path, length + 1);
  return 2 + length + 1;
}

int connect_unix(const char *path, int flags) {
  struct sockaddr_un address;
  int length = unix_address(&address, path);
  if (length < 0) return length;
  int fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) return fd;
  int result = SYS(connect, fd, &address, length);
  if (result < 0) {
    sys_close(fd);
    return result;
  }
  return fd;
}

/* A listening socket at `path`; whatever was there before is removed. */
int listen_unix(const char *path, int mode, int flags) {
  struct sockaddr_un address;
  int length = unix_address(&address, path);
  if (length < 0) return length;
  int fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) return fd;
  sys_unlink(path);
  int result = SYS(bind, fd, &address, length);
  if (result >= 0) result = SYS(fchmodat, AT_FDCWD, path, mode);
  if (result >= 0) result = SYS(listen, fd, 64);
  if (result < 0) {
    sys_close(fd);
    return result;
  }
  return fd;
}
