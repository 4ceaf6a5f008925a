/*
 * The agent's whole C library: types, Linux system calls and a few string functions. There is no libc
 * in the binary: a static one costs 700 KB and a hundred page faults at each exec, and in the emulated
 * CPU a page fault is what a program start pays for. Calls return a value or a negative errno.
 */
#pragma once

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <asm/socket.h>
#include <asm/termbits.h>
#include <asm/unistd.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/stat.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
typedef long long i64;

#define NULL ((void *)0)
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
#define count_of(array) (sizeof(array) / sizeof((array)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define NORETURN __attribute__((noreturn))

/* Constants that the kernel's user headers leave to libc. */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC O_CLOEXEC
#define SCM_RIGHTS 1
#define MSG_PEEK 2
#define MSG_CTRUNC 8
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000
#define SOL_NETLINK 270
#define MNT_DETACH 2
#define SHUT_RD 0
#define SHUT_WR 1
#define POLLIN 1
#define POLLOUT 4
#define WNOHANG 1
#define DT_DIR 4
#define PR_SET_PDEATHSIG 1
#define PR_SET_NAME 15

struct iovec {
  const void *base;
  u32 length;
};
struct msghdr {
  void *name;
  int name_length;
  struct iovec *parts;
  u32 part_count;
  void *control;
  u32 control_length;
  u32 flags;
};
/* A control message that carries up to 8 descriptors. */
#define MAX_PASSED_FDS 8
struct rights {
  u32 length;
  int level;
  int type;
  int fds[MAX_PASSED_FDS];
};
struct sockaddr_un {
  u16 family;
  char path[108];
};
struct sockaddr_in {
  u16 family, port;
  u8 address[4];
  u8 zero[8];
};
struct sockaddr_in6 {
  u16 family, port;
  u32 flow;
  u8 address[16];
  u32 scope;
};
struct peer {
  int pid;
  u32 uid, gid;
};
struct pollfd {
  int fd;
  short events, revents;
};
struct directory_entry {
  u64 inode, offset;
  u16 length;
  u8 type;
  char name[];
};
struct signal_action {
  void *handler;
  u32 flags;
  void *restorer;
  u32 mask[2];
};
struct time64 {
  i64 seconds;
  i64 nanoseconds;
};
struct terminal_size {
  u16 rows, columns, x, y;
};

/* start.c */
long sys_call(long number, ...);
long sys_clone3_call(struct clone_args *args, u32 size, void (*child)(void *), void *argument);
void *memcpy(void *to, const void *from, unsigned long length);
void *memmove(void *to, const void *from, unsigned long length);
void *memset(void *to, int byte, unsigned long length);
int memcmp(const void *a, const void *b, unsigned long length);

#define SYS(name, ...) sys_call(__NR_##name, ##__VA_ARGS__)

static inline NORETURN void sys_exit(int code) {
  for (;;) SYS(exit_group, code);
}
static inline int sys_openat(int at, const char *path, int flags, int mode) { return SYS(openat, at, path, flags | O_LARGEFILE, mode); }
static inline int sys_open(const char *path, int flags, int mode) { return sys_openat(AT_FDCWD, path, flags, mode); }
static inline int sys_close(int fd) { return SYS(close, fd); }
static inline int sys_read(int fd, void *to, u32 length) { return SYS(read, fd, to, length); }
static inline int sys_write(int fd, const void *from, u32 length) { return SYS(write, fd, from, length); }
static inline int sys_pread(int fd, void *to, u32 length, u64 at) { return SYS(pread64, fd, to, length, (u32)at, (u32)(at >> 32)); }
static inline int sys_ioctl(int fd, u32 request, const void *argument) { return SYS(ioctl, fd, request, argument); }
static inline int sys_fcntl(int fd, int command, long argument) { return SYS(fcntl64, fd, command, argument); }
static inline int sys_dup(int fd) { return sys_fcntl(fd, F_DUPFD_CLOEXEC, 3); }
static inline int sys_dup2(int from, int to) { return SYS(dup2, from, to); }
static inline int sys_pipe(int fds[2], int flags) { return SYS(pipe2, fds, flags); }
static inline int sys_poll(struct pollfd *fds, u32 count, int timeout_ms) { return SYS(poll, fds, count, timeout_ms); }
static inline int sys_statx(int at, const char *path, int flags, struct statx *out) {
  return SYS(statx, at, path, flags, STATX_BASIC_STATS | 0x1000 /* STATX_MNT_ID */, out);
}
static inline int sys_getdents(int fd, void *to, u32 length) { return SYS(getdents64, fd, to, length); }
static inline int sys_socket(int family, int type, int protocol) { return SYS(socket, family, type, protocol); }
static inline int sys_recv(int fd, void *to, u32 length, int flags) { return SYS(recvfrom, fd, to, length, flags, 0, 0); }
static inline int sys_send(int fd, const void *from, u32 length, int flags) { return SYS(sendto, fd, from, length, flags, 0, 0); }
static inline int sys_unlink(const char *path) { return SYS(unlinkat, AT_FDCWD, path, 0); }
static inline int sys_mkdir(const char *path, int mode) { return SYS(mkdirat, AT_FDCWD, path, mode); }
static inline int sys_mount(const char *source, const char *target, const char *type, u32 flags, const char *data) {
  return SYS(mount, source, target, type, flags, data);
}
static inline int sys_umount(const char *target, int flags) { return SYS(umount2, target, flags); }
static inline int sys_setns(int fd, u32 flags) { return SYS(setns, fd, flags); }
static inline int sys_kill(int pid, int signal) { return SYS(kill, pid, signal); }
static inline int sys_getpid(void) { return SYS(getpid); }
static inline int sys_wait(int pid, int *status, int flags) { return SYS(wait4, pid, status, flags, 0); }

/* text.c */
u32 text_length(const char *text);
int text_equal(const char *a, const char *b);
int text_starts(const char *text, const char *prefix);
const char *text_find(const char *text, const char *part);
/* Appends to a NUL-terminated text in a buffer of `size`; what does not fit is cut. */
void text_add(char *to, u32 size, const char *more);
void text_add_number(char *to, u32 size, u32 number);
/* The decimal number that `text` begins with, -1 when there is none; moves `*text` behind it when `rest` is given. */
int text_number(const char *text, const char **rest);
void print(int fd, const char *text);

/* io.c */
void *pages_new(u32 length);
void pages_free(void *pages, u32 length);
void sleep_ms(u32 ms);
void signals_block(u64 mask);
void signal_set(int number, void *handler);
int read_all(int at, const char *path, void *to, u32 size);
int write_path(int at, const char *path, const char *text);
int send_with_fds(int socket, const void *bytes, u32 length, const int *fds, u32 fd_count);
int receive_with_fds(int socket, void *to, u32 length, int flags, int *fds, u32 *fd_count);
int connect_unix(const char *path, int flags);
int listen_unix(const char *path, int mode, int flags);
int write_fully(int fd, const void *bytes, u32 length);

#define SIGNAL_BIT(number) (1ull << ((number) - 1))
